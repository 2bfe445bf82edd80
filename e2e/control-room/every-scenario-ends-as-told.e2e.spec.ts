import { SCENARIOS, type ScenarioRun } from '@effectively-once/scenarios';
import { operatorGet } from '../operator.js';
import { findings } from '../system-under-test.js';
import { describeInBrowser, operatorPage, useBrowser } from './browser.js';

const RUN_WITHIN_MS = 230_000;

describeInBrowser('the page “Scenarios”', () => {
  useBrowser();
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it.each(SCENARIOS.map(({ name }) => name))('%s, from its button to its verdict', async (name) => {
    const page = await operatorPage('/scenarios');
    await page.locator(`[data-scenario="${name}"]`).getByRole('button', { name: /^Run/ }).click();
    await page.waitForURL(/\/scenarios\/runs\/[\w-]+$/);
    const id = page.url().split('/').at(-1) ?? '';
    await page
      .locator(
        `[data-run="${id}"]:is([data-run-state=ok],[data-run-state=failed],[data-run-state=stopped])`,
      )
      .waitFor({ timeout: RUN_WITHIN_MS });
    const run = await operatorGet<ScenarioRun>(`/api/scenario-runs/${id}`);
    const seen = run.steps.map(({ title, outcome, detail }) => ({ title, outcome, detail }));
    expect({ state: run.state, why: run.why, seen }).toEqual({ state: 'ok', why: null, seen });
    expect(run.verdict).toMatchObject({ lost: 0, doubled: 0, late: 0, other: 0 });
    await expect(page.getByText('0 lost · 0 doubled · 0 late').count()).resolves.toBeGreaterThan(0);
  });

  it('a run that is stopped says so, and its receipt stays', async () => {
    const page = await operatorPage('/scenarios');
    await page
      .locator('[data-scenario="zombie-consumer"]')
      .getByRole('button', { name: /^Run/ })
      .click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.locator('[data-run-state=stopped]').waitFor();
    await page.reload();
    await page.locator('[data-run-state=stopped]').waitFor();
  });
});

import { SCENARIOS, type ScenarioRun } from '@effectively-once/scenarios';
import pg from 'pg';
import type { Locator, Page } from 'playwright-core';
import { npmRun } from '../npm-run.js';
import { operatorGet } from '../operator.js';
import { at, findings } from '../system-under-test.js';
import { describeInBrowser, newContext, operatorPage, useBrowser } from './browser.js';
import { secondConsole } from './second-console.js';

const RUN_WITHIN_MS = 230_000;
const STEP_WITHIN_MS = 120_000;

describeInBrowser('the page “Scenarios”', () => {
  useBrowser();
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it.each(SCENARIOS.map(({ name }) => name))('%s, from its button to its verdict', async (name) => {
    const page = await operatorPage('/scenarios');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.locator(`[data-scenario="${name}"]`).getByRole('button', { name: /^Run/ }).click();
    await page.waitForURL(/\/scenarios\/runs\/[\w-]+$/);
    const id = page.url().split('/').at(-1) ?? '';
    await untilEnded(page);
    const run = await operatorGet<ScenarioRun>(`/api/scenario-runs/${id}`);
    const seen = run.steps.map(({ title, outcome, detail }) => ({ title, outcome, detail }));
    expect({ state: run.state, why: run.why, seen }).toEqual({ state: 'ok', why: null, seen });
    expect(run.verdict).toMatchObject({ lost: 0, doubled: 0, late: 0, other: 0 });
    await expect(page.getByText('0 lost · 0 doubled · 0 late').count()).resolves.toBeGreaterThan(0);
    // The steps come with the stream. The page asks when it opens, and after a gap of the stream.
    const path = `/api/scenario-runs/${id}`;
    expect(asked.filter((one) => one === path).length).toBeLessThan(4);
  });

  it.each([
    { name: 'slot-moved', repair: 'npm run connector -- repair' },
    { name: 'search-index-lost', repair: 'npm run reindex' },
    { name: 'loyalty-database-away', repair: /loyalty_app LOGIN/ },
  ])(
    '$name, where the console may not touch it: the steps show the commands and wait',
    async ({ name, repair }) => {
      // Without the supervisor's socket, as with Docker Compose.
      const { url } = await secondConsole({ DEMO_CONTROLS: '1', CONTROL_SOCKET: '' });
      const page = await (await newContext()).newPage();
      page.removeAllListeners('request');
      await page.goto(`${url}/scenarios`);
      await page.getByRole('button', { name: 'Sign in as demo operator' }).click();
      await page
        .locator(`[data-scenario="${name}"]`)
        .getByRole('button', { name: /^Run with your help/ })
        .click();
      await page.waitForURL(/\/scenarios\/runs\/[\w-]+$/);
      const typed = page.locator('[data-outcome=running] code');
      await typeByHand(await textOf(typed));
      await typeByHand(await textOf(typed.filter({ hasText: repair })));
      await untilEnded(page);
      await expect(page.locator('[data-run-state]').innerText()).resolves.toContain('as told');
    },
  );

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

const untilEnded = (page: Page) =>
  page
    .locator('[data-run-state]:not([data-run-state=running])')
    .waitFor({ timeout: RUN_WITHIN_MS });

async function textOf(typed: Locator): Promise<string> {
  await typed.waitFor({ timeout: STEP_WITHIN_MS });
  return await typed.innerText();
}

/** Does what the command does, without the containers in which it runs. */
async function typeByHand(command: string): Promise<void> {
  const [, script, ...args] = /^npm run (\S+)(?: -- (.+))?$/.exec(command) ?? [];
  if (script !== undefined) {
    await expect(npmRun(script, args.filter(Boolean))).resolves.toMatchObject({ code: 0 });
    return;
  }
  if (command.includes('elasticsearch')) {
    const { pathname } = new URL(/http:\S+/.exec(command)?.[0] ?? '');
    const answer = await fetch(new URL(pathname, at.ELASTICSEARCH_URL), { method: 'DELETE' });
    expect(answer.status).toBe(200);
    return;
  }
  const statements = [...command.matchAll(/-c "([^"]+)"/g)].map(([, sql = '']) => sql);
  expect(statements).not.toEqual([]);
  const url = new URL(at.POSTGRES_SUPERUSER_URL);
  url.pathname = '/payments';
  const superuser = new pg.Client({ connectionString: url.toString() });
  await superuser.connect();
  try {
    for (const statement of statements) await superuser.query(statement);
  } finally {
    await superuser.end();
  }
}

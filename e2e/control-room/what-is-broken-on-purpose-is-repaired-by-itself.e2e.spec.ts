import { waitUntil } from '@effectively-once/testing';
import { planOf } from '@effectively-once/scenarios/faults/plan';
import type { Locator, Page } from 'playwright-core';
import type { Faults } from '../../apps/console/src/control-room/wire/faults.js';
import { pidOf } from '../fault-injection.js';
import { whilePaying } from '../load.js';
import { npmRun } from '../npm-run.js';
import { operatorGet } from '../operator.js';
import { operatorToken } from '../pager.js';
import { checkout, findings, newId, pay } from '../system-under-test.js';
import { describeInBrowser, newContext, operatorPage, useBrowser } from './browser.js';
import { secondConsole } from './second-console.js';

const SECONDS = '6';
const REPAIRED_WITHIN_MS = 90_000;
const NEXT_WITHIN_MS = 60_000;

/** One for each way to break something. Behind the checkout, payments come in meanwhile. */
const BEHIND_THE_CHECKOUT = [
  { target: 'email', name: 'Freeze' },
  { target: 'redis', name: 'Stop' },
  { target: 'loyalty-database', name: 'Refuse connections' },
  { target: 'connect', name: 'kill -9' },
  { target: 'smtp', name: '451 to all mail' },
];

const faults = () => operatorGet<Faults>('/api/faults');
const untilRepaired = (target: string) =>
  waitUntil(
    `${target} to be repaired by itself`,
    async () => !(await faults()).broken.some((fault) => fault.target === target),
    REPAIRED_WITHIN_MS,
  );
const latestOf = (page: Page, target: string) => page.locator(`[data-history="${target}"]`).first();

describeInBrowser('the page “Break things”', () => {
  useBrowser();
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it('what breaks behind the checkout is predicted, seen, repaired by itself, and audited', async () => {
    const page = await operatorPage('/break');
    await whilePaying(5, async () => {
      for (const { target, name } of BEHIND_THE_CHECKOUT) {
        await press(page, faultOf(page, target, name));
        await page.locator(`[data-broken="${target}"]`).waitFor();
      }
      for (const { target } of BEHIND_THE_CHECKOUT) await untilRepaired(target);
    });
    for (const { target } of BEHIND_THE_CHECKOUT) await expectAsPredicted(page, target);
  });

  it('payments killed at a point in the middle of a checkout: the same key gets its one answer', async () => {
    const page = await operatorPage('/break');
    const fault = faultOf(page, 'payments', 'kill -9 at a point');
    await fault.locator('select').selectOption('after_psp_answer');
    await press(page, fault);
    await page.locator('[data-broken="payments"][data-state="armed"]').waitFor();
    const request = { userId: newId('user'), key: newId('key'), body: { orderId: newId('order') } };
    await expect(checkout(request)).rejects.toThrow();
    await untilRepaired('payments');
    await waitUntil('the answer', async () => {
      const answer = await checkout(request).catch(() => undefined);
      return answer?.status === 201;
    });
    await expectAsPredicted(page, 'payments');
  });

  it('a console that is killed meanwhile changes nothing: the fault ends by itself', async () => {
    const page = await operatorPage('/break');
    await press(page, faultOf(page, 'redis', 'Stop'));
    await page.locator('[data-broken="redis"]').waitFor();
    const pid = pidOf('console');
    process.kill(pid, 'SIGKILL');
    await waitUntil('another console', async () => await faults().catch(() => undefined));
    expect(pidOf('console')).not.toBe(pid);
    await untilRepaired('redis');
    await pay(newId('user'));
    await expectAsPredicted(page, 'redis');
  });

  it('a plan breaks what its seed says, one thing after the other, and npm run test:faults knows the same plan', async () => {
    const page = await operatorPage('/break');
    const scheduler = page.getByRole('region', { name: 'Scheduler' });
    await scheduler.getByLabel('Preset').selectOption('rough');
    await scheduler.getByLabel('Minutes').fill('1');
    await scheduler.getByLabel('Number').fill('102');
    const command = await scheduler.locator('code').innerText();
    const [, seed = ''] = /--plan (\S+)$/.exec(command) ?? [];
    const started = new Date().toISOString();
    await whilePaying(5, async () => {
      await scheduler.getByRole('button', { name: 'Start the plan' }).click();
      for (const { request } of (planOf(seed) ?? []).slice(0, 3)) {
        const { target } = request;
        await page.locator(`[data-broken="${target}"]`).waitFor({ timeout: NEXT_WITHIN_MS });
        await untilRepaired(target);
      }
      await scheduler.getByRole('button', { name: 'Stop the plan' }).click();
      await scheduler.getByRole('button', { name: 'Start the plan' }).waitFor();
    });
    const { history } = await faults();
    const broken = history
      .filter(({ at, action }) => at >= started && action === 'break')
      .reverse();
    expect(broken.length).toBeGreaterThanOrEqual(3);
    const { out } = await npmRun('faults', ['--plan', seed, '--list']);
    const listed = out.split('\n').filter((line) => line.includes(' s: '));
    expect(broken.map(({ target, kind, seconds }) => `${kind} ${target} for ${seconds} s`)).toEqual(
      listed.slice(0, broken.length).map((line) => line.replace(/^\d+ s: /, '')),
    );
    for (const { target } of broken) await expectAsPredicted(page, target);
  });

  it('breaks and repairs with the keyboard alone', async () => {
    const page = await operatorPage('/break');
    await page.locator('[data-fault="psp.hang"]').focus();
    await page.keyboard.press('Enter');
    const broken = page.locator('[data-broken="psp"]');
    await broken.getByRole('button').focus();
    await page.keyboard.press('Enter');
    await broken.waitFor({ state: 'detached' });
    await expect(faults()).resolves.toMatchObject({ broken: [] });
  });

  it('without DEMO_CONTROLS=1 the page has no control', async () => {
    const { url } = await secondConsole({ DEMO_CONTROLS: '0' });
    const page = await (await newContext()).newPage();
    page.removeAllListeners('request');
    await page.goto(`${url}/break`);
    await page.getByLabel('Operator token').fill(await operatorToken());
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Nothing can be broken here.').waitFor();
    await expect(page.locator('#main button, #main input').count()).resolves.toBe(0);
  });
});

it.each([
  ['GET', '/api/faults'],
  ['POST', '/api/faults'],
  ['DELETE', '/api/faults/redis.stop'],
])('without DEMO_CONTROLS=1 there is no %s %s', async (method, path) => {
  const { url } = await secondConsole({ DEMO_CONTROLS: '0' });
  const { status } = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${await operatorToken()}` },
  });
  expect(status).toBe(404);
});

const faultOf = (page: Page, target: string, name: string): Locator =>
  page
    .locator(`[data-target="${target}"]`)
    .filter({ has: page.getByRole('button', { name: `${name} ${target}`, exact: true }) });

/** The prediction stands before the button, and the button is described by it. */
async function press(page: Page, fault: Locator): Promise<void> {
  await page.getByLabel('Seconds').fill(SECONDS);
  const prediction = fault.locator('[data-prediction]');
  await expect(prediction.innerText()).resolves.toMatch(/^The customer sees: \w+/);
  const button = fault.getByRole('button');
  await expect(button.getAttribute('aria-describedby')).resolves.toBe(
    await prediction.getAttribute('id'),
  );
  await button.click();
}

async function expectAsPredicted(page: Page, target: string): Promise<void> {
  const outcome = latestOf(page, target).locator('[data-outcome]');
  await outcome.waitFor({ timeout: REPAIRED_WITHIN_MS });
  await expect(outcome.getAttribute('data-outcome')).resolves.toBe('as_predicted');
}

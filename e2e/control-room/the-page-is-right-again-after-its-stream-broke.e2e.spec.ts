import type { Page } from 'playwright-core';
import { waitUntil } from '@effectively-once/testing';
import { mintToken } from '@effectively-once/platform';
import { pidOf } from '../fault-injection.js';
import { whilePaying } from '../load.js';
import { at, findings, newId, pay, consoleUrl } from '../system-under-test.js';
import { describeInBrowser, newContext, operatorPage, useBrowser } from './browser.js';

const BACK_WITHIN_MS = 60_000;
const RENDERS_PER_SECOND_MAX = 4;

describeInBrowser('the stream of a page', () => {
  useBrowser();
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it('comes back after the console was killed, and shows what happened meanwhile', async () => {
    const page = await openPayments();
    process.kill(pidOf('console'), 'SIGKILL');
    await page.getByText(/Connection lost/).waitFor();
    const paymentId = await pay(newId('user'));
    await showsLive(page, paymentId);
  });

  it('comes back after the network was cut', async () => {
    const page = await openPayments();
    await page.context().setOffline(true);
    const paymentId = await pay(newId('user'));
    await page.context().setOffline(false);
    await showsLive(page, paymentId);
  });

  it('is closed while its tab is hidden, and right when it is shown again', async () => {
    const page = await openPayments();
    await setHidden(page, true);
    await waitUntil('no open stream', async () => (await openStreams()) === 0);
    const paymentId = await pay(newId('user'));
    await setHidden(page, false);
    await showsLive(page, paymentId);
  });

  it('ends with the token, and the page asks for a new sign-in', async () => {
    const caller = { userId: 'olga', role: 'operator' } as const;
    const token = await mintToken(at.AUTH_JWT_SECRET, caller, { ttlS: 8 });
    const page = await (await newContext()).newPage();
    await page.goto(consoleUrl);
    await page.evaluate(`sessionStorage.setItem('token', ${JSON.stringify(token)})`);
    await page.goto(`${consoleUrl}/payments`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await waitUntil('no open stream', async () => (await openStreams()) === 0);
  });

  it('changes the page at most four times a second, whatever comes in', async () => {
    const page = await operatorPage('/');
    await page.getByText('Live', { exact: true }).waitFor();
    // Changes in one frame are one change for the eye.
    await page.evaluate(`
      window.frames = new Set();
      new MutationObserver(() => window.frames.add(document.timeline.currentTime))
        .observe(document.querySelector('#app'), { subtree: true, childList: true, characterData: true });
    `);
    const seconds = 10;
    await whilePaying(25, () => page.waitForTimeout(seconds * 1_000));
    const frames = await page.evaluate<number>('window.frames.size');
    expect(frames).toBeGreaterThan(seconds / 2);
    expect(frames).toBeLessThanOrEqual((seconds + 1) * RENDERS_PER_SECOND_MAX);
  });
});

async function openPayments(): Promise<Page> {
  const page = await operatorPage('/payments');
  await page.getByText('Live', { exact: true }).waitFor();
  return page;
}

async function showsLive(page: Page, paymentId: string): Promise<void> {
  await page.locator('#main').getByTitle(paymentId).first().waitFor({ timeout: BACK_WITHIN_MS });
  await page.getByText('Live', { exact: true }).waitFor({ timeout: BACK_WITHIN_MS });
}

/** A tab in the background: the browser of a test shows every tab. */
const setHidden = (page: Page, isHidden: boolean) =>
  page.evaluate(`
    Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  `);

async function openStreams(): Promise<number> {
  const text = await (await fetch(`${consoleUrl}/metrics`)).text();
  return Number(/^control_room_streams (\d+)$/m.exec(text)?.[1] ?? NaN);
}

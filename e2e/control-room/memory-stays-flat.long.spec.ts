import { setTimeout as sleep } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { waitUntil } from '@effectively-once/testing';
import { metric } from '../fault-injection.js';
import { whilePaying } from '../load.js';
import { findingCounts, newId, pay, consoleUrl } from '../system-under-test.js';
import { describeInBrowser, newContext, signedIn, useBrowser } from './browser.js';

const MINUTES = process.env['LONG_SAMPLE'] ? 1 : 10;
const PER_SECOND = 20;
/** Until the code is compiled and every list of the pages is as long as it may become. */
const WARM_UP_PAYMENTS = 600;
const COLLECTIONS_MAX = 10;
const LOOK_EVERY_MS = 5_000;
const SHOWN_WITHIN_MS = 60_000;
/** A page that keeps each payment of ten minutes grows by more than twice of this. */
const PAGE_GROWTH_MAX_BYTES = 1_000_000;
/** The Payments page shows 100 rows. Without a garbage collection old rows are counted too. */
const NODES_MAX = 60_000;
const NODES_GROWTH_MAX = 500;
const LISTENERS_GROWTH_MAX = 50;
/** The console has no limit of its own. It starts at about 150 MB. */
const CONSOLE_MAX_BYTES = 400_000_000;
const CONSOLE_GROWTH_MAX_BYTES = 100_000_000;

describeInBrowser('the memory of the control room', () => {
  useBrowser();
  let found: Record<string, number>;
  beforeAll(async () => void (found = await findingCounts()));
  afterAll(async () => await expect(findingCounts()).resolves.toEqual(found));

  it('stays flat while pages are open and payments come in', async () => {
    const tabs = await Promise.all([openTab('/'), openTab('/payments')]);
    let before: MemoryOfPage[] = [];
    let consoleBefore = NaN;
    const highest = { nodes: 0, console: 0 };
    await whilePaying(PER_SECOND, async () => {
      await sleep((WARM_UP_PAYMENTS / PER_SECOND) * 1_000);
      before = await Promise.all(tabs.map(afterCollection));
      consoleBefore = await consoleBytes();
      const endsAtMs = performance.now() + MINUTES * 60_000;
      while (performance.now() < endsAtMs) {
        await sleep(LOOK_EVERY_MS);
        const counted = await Promise.all(tabs.map(({ cdp }) => cdp.send('Memory.getDOMCounters')));
        highest.nodes = Math.max(highest.nodes, ...counted.map(({ nodes }) => nodes));
        highest.console = Math.max(highest.console, await consoleBytes());
      }
    });
    // A page that has stopped would be flat too.
    const last = await pay(newId('user'));
    await Promise.all(tabs.map(({ page }) => shows(page, last)));
    const after = await Promise.all(tabs.map(afterCollection));

    after.forEach((now, index) => {
      expect(now.heapBytes - before[index]!.heapBytes).toBeLessThan(PAGE_GROWTH_MAX_BYTES);
      expect(now.nodes - before[index]!.nodes).toBeLessThan(NODES_GROWTH_MAX);
      expect(now.listeners - before[index]!.listeners).toBeLessThan(LISTENERS_GROWTH_MAX);
    });
    expect(highest.nodes).toBeLessThan(NODES_MAX);
    expect(highest.console).toBeLessThan(CONSOLE_MAX_BYTES);
    expect(highest.console - consoleBefore).toBeLessThan(CONSOLE_GROWTH_MAX_BYTES);
  });

  it('would not, if a page kept its payments or its rows, or the check above is blind', async () => {
    const tab = await openTab('/');
    const before = await afterCollection(tab);
    const payments = PER_SECOND * 60 * 10;
    await tab.page.evaluate(`
      const one = ${JSON.stringify(JSON.stringify(A_PAYMENT))};
      const payment = (_, n) => JSON.parse(one.replaceAll('#', String(n).padStart(36, '0')));
      window.payments = Array.from({ length: ${payments} }, payment);
      window.rows = Array.from({ length: ${NODES_GROWTH_MAX} }, () => document.createElement('li'));
    `);
    const after = await afterCollection(tab);
    expect(after.heapBytes - before.heapBytes).toBeGreaterThan(2 * PAGE_GROWTH_MAX_BYTES);
    expect(after.nodes - before.nodes).toBeGreaterThanOrEqual(NODES_GROWTH_MAX);
  });
});

/** As it comes with the stream; # stands for what is different in each. */
const A_PAYMENT = {
  id: '#',
  orderId: 'order-#',
  userId: 'user-#',
  amountMinor: '1299',
  currency: 'EUR',
  status: 'COMPLETED',
  createdAt: '#',
  completedAt: '#',
  effects: { email: 'done', loyalty: 'done', search: 'done' },
};

interface Tab {
  page: Page;
  cdp: CDPSession;
}

interface MemoryOfPage {
  heapBytes: number;
  /** Those that are removed from the page and still referred to are counted too. */
  nodes: number;
  listeners: number;
}

/** Each in a browser context of its own: two tabs of one context share a process, and its heap. */
async function openTab(path: string): Promise<Tab> {
  const page = await signedIn(await newContext(), path, 'operator');
  await page.goto(consoleUrl + path);
  await page.getByText('Live', { exact: true }).waitFor();
  return { page, cdp: await page.context().newCDPSession(page) };
}

/**
 * What is left when nothing more can be collected: one collection leaves some elements to the next.
 * Protocol: https://chromedevtools.github.io/devtools-protocol/tot/HeapProfiler/
 */
async function afterCollection({ cdp }: Tab): Promise<MemoryOfPage> {
  for (let lowest = Infinity, tries = 0; tries < COLLECTIONS_MAX; tries += 1) {
    await cdp.send('HeapProfiler.collectGarbage');
    const { nodes } = await cdp.send('Memory.getDOMCounters');
    if (nodes >= lowest) break;
    lowest = nodes;
  }
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters');
  return { heapBytes: usedSize, nodes, listeners: jsEventListeners };
}

const consoleBytes = () => metric(consoleUrl, 'process_resident_memory_bytes');

async function shows(page: Page, paymentId: string): Promise<void> {
  const shown = page.locator('#main').getByTitle(paymentId).first();
  await waitUntil(`${page.url()} to show ${paymentId}`, () => shown.isVisible(), SHOWN_WITHIN_MS);
}

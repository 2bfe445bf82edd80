import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@effectively-once/testing';
import { chromium, type Browser } from 'playwright-core';
import { spread, type Spread } from '../statistics/spread.js';
import { expectNoPage, type StreamTarget } from './alternate.js';

const CONTEXTS = 10;
/** The console stops to collect 5 s after its last page has left. The next page finds it cold. */
const IDLE_AFTER_MS = 6_000;

/** Milliseconds from the navigation. */
export interface FirstContent {
  firstContentfulPaintMs: Spread;
  /** The Overview shows the numbers of the stream. */
  liveMs: Spread;
  contexts: number;
}

/**
 * How soon the Overview shows something, and live numbers, in a browser without a cache, for the
 * first page after a while without any: the console must begin to collect.
 */
export async function measureFirstContent(
  { consoleUrl, token, print }: Pick<StreamTarget, 'consoleUrl' | 'token' | 'print'>,
  browserPath: string,
): Promise<FirstContent> {
  const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
  try {
    // The browser itself starts slowly: its first page is not counted.
    await openOverview(browser, consoleUrl, token);
    const times = [];
    for (let context = 1; context <= CONTEXTS; context += 1) {
      await sleep(IDLE_AFTER_MS);
      await expectNoPage(consoleUrl);
      const time = await openOverview(browser, consoleUrl, token);
      print(
        `  ${context}/${CONTEXTS} content ${time.paintMs.toFixed(0)} ms, live ${time.liveMs.toFixed(0)} ms`,
      );
      times.push(time);
    }
    return {
      firstContentfulPaintMs: spread(times.map(({ paintMs }) => paintMs)),
      liveMs: spread(times.map(({ liveMs }) => liveMs)),
      contexts: CONTEXTS,
    };
  } finally {
    await browser.close();
  }
}

/** Runs in the page, before its own script. Times there count from the navigation. */
const WATCH = `
  const look = () => {
    const isLive = document.querySelector('.connection.is-open')
      && document.querySelector('.pipeline:not(.is-loading)');
    if (!isLive) return;
    watching.disconnect();
    requestAnimationFrame(() => { window.liveAtMs = performance.now(); });
  };
  const watching = new MutationObserver(look);
  watching.observe(document, { subtree: true, childList: true, attributes: true });
`;
const TIMES = `({
  paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  liveMs: window.liveAtMs,
})`;

async function openOverview(
  browser: Browser,
  consoleUrl: string,
  token: string,
): Promise<{ paintMs: number; liveMs: number }> {
  const context = await browser.newContext();
  try {
    const signIn = `sessionStorage.setItem('token', ${JSON.stringify(token)});`;
    await context.addInitScript({ content: `{ ${signIn} ${WATCH} }` });
    const page = await context.newPage();
    await page.goto(consoleUrl);
    return await waitUntil('the Overview to be live', async () => {
      const { paintMs, liveMs } = await page.evaluate<{ paintMs?: number; liveMs?: number }>(TIMES);
      return paintMs !== undefined && liveMs !== undefined ? { paintMs, liveMs } : undefined;
    });
  } finally {
    await context.close();
  }
}

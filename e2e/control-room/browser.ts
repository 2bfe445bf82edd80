import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { at, consoleUrl } from '../system-under-test.js';
import { findBrowser } from '../../tools/cli/pictures/find-browser.js';

/**
 * A real Chromium that looks at the control room of the test stack.
 *
 * Every test also fails if a page breaks its content security policy, throws an error that nothing
 * catches, or sends a request to another server.
 */

/** The widths and themes at which every page must be right. */
export const LOOKS = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 320, colorScheme: 'light' },
  { width: 320, colorScheme: 'dark' },
] as const;

export interface Look {
  width?: number;
  colorScheme?: 'light' | 'dark';
  reducedMotion?: 'reduce' | 'no-preference';
}

const HEIGHT = 900;
const executablePath = findBrowser();

/** `describe`, but one skipped test if this machine has no browser. CI must have one. */
export const describeInBrowser: (name: string, tests: () => void) => void =
  executablePath || process.env['CI']
    ? describe
    : (name) =>
        describe(name, () => {
          it.skip('needs Chrome or Chromium (CHROME_PATH names it)', () => undefined);
        });

let browser: Browser | undefined;
const contexts: BrowserContext[] = [];
const faults: string[] = [];

/** Call it once in a file of tests. */
export function useBrowser(): void {
  beforeAll(async () => {
    if (!executablePath) throw new Error('no Chrome or Chromium; CHROME_PATH names one');
    // Its sandbox needs rights that root and containers do not have. The pages are our own.
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(async () => await browser?.close());
}

/** A browser of its own: no cookies, no storage, no pages. */
export async function newContext(look: Look = {}): Promise<BrowserContext> {
  if (!browser) throw new Error('call useBrowser() first');
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: HEIGHT },
    colorScheme: look.colorScheme ?? 'light',
    reducedMotion: look.reducedMotion ?? 'no-preference',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  context.on('page', watch);
  contexts.push(context);
  return context;
}

/** A tab of an operator who has signed in. */
export async function operatorPage(path: string, look: Look = {}): Promise<Page> {
  return await signedIn(await newContext(look), path, 'operator');
}

/** A tab in this browser that has signed in with a button of the demo. */
export async function signedIn(
  context: BrowserContext,
  path: string,
  role: 'operator' | 'customer',
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(consoleUrl + path);
  await page.getByRole('button', { name: `Sign in as demo ${role}` }).click();
  await page.waitForURL(({ pathname }) => pathname !== '/sign-in');
  return page;
}

function watch(page: Page): void {
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) faults.push(message.text());
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    const isOurs = [consoleUrl, new URL(at.PAYMENTS_URL).origin].includes(origin);
    if (!isOurs && protocol.startsWith('http')) faults.push(`a request to ${request.url()}`);
  });
}

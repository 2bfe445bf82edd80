import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { animatedGif, type Frame } from './animation.js';

export interface PictureOptions {
  browserPath: string;
  consoleUrl: string;
  folder: string;
  print: (line: string) => void;
}

const SIZE = { width: 1280, height: 800 };
const ANIMATION_SIZE = { width: 1000, height: 640 };
const THEMES = ['light', 'dark'] as const;
// The rates on the Overview are differences of two measurements, so they need a moment.
const RATES_SHOWN_WITHIN_MS = 15_000;
const FRAME_MS = 120;
const FRAMES_OF_A_DOUBLE_CLICK = 12;

/** Takes every picture of README from the running system, which must be in demo mode. */
export async function takePictures(options: PictureOptions): Promise<void> {
  mkdirSync(options.folder, { recursive: true });
  // Its sandbox needs rights that root and containers do not have. The pages are our own.
  const browser = await chromium.launch({
    executablePath: options.browserPath,
    args: ['--no-sandbox'],
  });
  try {
    for (const theme of THEMES) await takeStills(browser, theme, options);
    await animateDoubleClick(browser, options);
  } finally {
    await browser.close();
  }
}

async function takeStills(
  browser: Browser,
  colorScheme: 'light' | 'dark',
  { consoleUrl, folder, print }: PictureOptions,
): Promise<void> {
  const context = await browser.newContext({ viewport: SIZE, colorScheme, locale: 'en-GB' });
  const page = await signIn(await context.newPage(), consoleUrl);
  const shoot = async (name: string) => {
    const file = join(folder, `${name}-${colorScheme}.png`);
    await page.screenshot({ path: file, animations: 'disabled' });
    print(file);
  };
  await page.locator('[role=status][data-verdict]').waitFor();
  await page.waitForTimeout(RATES_SHOWN_WITHIN_MS);
  await shoot('overview');
  await doubleClick(page, consoleUrl);
  await page.getByRole('link', { name: /view payment/i }).click();
  await page.locator('[data-step="email.effect"], [data-step^="email.effect"]').first().waitFor();
  await shoot('payment');
  await context.close();
}

async function animateDoubleClick(browser: Browser, options: PictureOptions): Promise<void> {
  const context = await browser.newContext({ viewport: ANIMATION_SIZE, colorScheme: 'light' });
  const page = await signIn(await context.newPage(), options.consoleUrl);
  await page.goto(`${options.consoleUrl}shop`);
  const button = page.getByRole('button', { name: 'Pay', exact: true });
  await button.waitFor();
  const frames: Frame[] = [{ png: await page.screenshot(), showMs: 1_500 }];
  await button.dblclick();
  for (let shown = 0; shown < FRAMES_OF_A_DOUBLE_CLICK; shown += 1) {
    frames.push({ png: await page.screenshot(), showMs: FRAME_MS });
  }
  await page.locator('[data-answer][data-same-bytes=true]').nth(1).waitFor();
  frames.push({ png: await page.screenshot(), showMs: 4_000 });
  const file = join(options.folder, 'double-click.gif');
  writeFileSync(file, animatedGif(frames));
  options.print(file);
  await context.close();
}

async function signIn(page: Page, consoleUrl: string): Promise<Page> {
  await page.goto(consoleUrl);
  await page.getByRole('button', { name: /sign in as demo operator/i }).click();
  await page.waitForURL(({ pathname }) => pathname !== '/sign-in');
  return page;
}

async function doubleClick(page: Page, consoleUrl: string): Promise<void> {
  await page.goto(`${consoleUrl}shop`);
  await page.getByRole('button', { name: 'Pay', exact: true }).dblclick();
  await page.locator('[data-answer][data-same-bytes=true]').nth(1).waitFor();
}

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { waitUntil } from '@effectively-once/testing';
import type { Page } from 'playwright-core';
import { findings, newId, pay, receiptOf, consoleUrl } from '../system-under-test.js';
import {
  describeInBrowser,
  LOOKS,
  newContext,
  operatorPage,
  signedIn,
  useBrowser,
} from './browser.js';
import { finalAnswers, payButton } from './shop.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PAGES = [
  '/',
  '/payments',
  '/audit',
  '/consumers',
  '/break',
  '/scenarios',
  '/dead-letters',
  '/alerts',
];

interface Violation {
  id: string;
  nodes: { html: string }[];
}

describeInBrowser('every page', () => {
  useBrowser();
  let paymentId: string;
  beforeAll(async () => {
    paymentId = await pay(newId('user'));
    await receiptOf(paymentId);
  });
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it.each(LOOKS)('has no fault that axe finds, and fits $width px, $colorScheme', async (look) => {
    const page = await operatorPage('/', look);
    for (const path of [...PAGES, `/payments/${paymentId}`]) {
      await page.goto(consoleUrl + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('[role=status][data-verdict]').waitFor();
      await expectGood(page, path);
    }
    await page.goto(`${consoleUrl}/shop`);
    await expectGood(page, '/shop');
    await payButton(page).dblclick();
    await finalAnswers(page, 2);
    await expectGood(page, '/shop, paid');
  });

  it.each(LOOKS)('the sign-in and a customer’s Shop too, $width px, $colorScheme', async (look) => {
    const context = await newContext(look);
    const visitor = await context.newPage();
    await visitor.goto(consoleUrl);
    await visitor.getByRole('heading', { level: 1 }).waitFor();
    await expectGood(visitor, 'sign-in');
    const customer = await signedIn(context, '/shop', 'customer');
    await expectGood(customer, 'the customer’s Shop');
  });

  it('the payment’s time axis names its steps for a screen reader', async () => {
    const page = await operatorPage(`/payments/${paymentId}`);
    const steps = page.locator('svg [data-step]');
    await steps.first().waitFor();
    for (const step of await steps.all()) {
      await expect(step.getAttribute('aria-label')).resolves.toMatch(/\w+.*/);
    }
  });

  it('nothing moves for a visitor who asked for reduced motion', async () => {
    const page = await operatorPage('/', { reducedMotion: 'reduce' });
    await page.getByRole('heading', { level: 1 }).waitFor();
    const moving = await page.evaluate(
      `document.getAnimations().filter((one) => one.playState === 'running').length`,
    );
    expect(moving).toBe(0);
  });
});

async function expectGood(page: Page, what: string): Promise<void> {
  // An empty frame has no faults: the data must be there.
  await waitUntil('the data', async () => (await page.locator('[aria-busy=true]').count()) === 0);
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run()');
  const found = violations.map(({ id, nodes }) => `${what}: ${id}: ${nodes[0]?.html}`);
  expect(found).toEqual([]);
  const overflow = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  expect(`${what}: ${String(overflow)} px too wide`).toBe(`${what}: 0 px too wide`);
}

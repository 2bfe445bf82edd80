import { findings, newId, pay, receiptOf, consoleUrl } from '../system-under-test.js';
import {
  describeInBrowser,
  LOOKS,
  newContext,
  operatorPage,
  signedIn,
  useBrowser,
} from './browser.js';
import { expectGood } from './accessible.js';
import { finalAnswers, payButton } from './shop.js';

const PAGES = [
  '/',
  '/payments',
  '/payments/import',
  '/audit',
  '/consumers',
  '/break',
  '/scenarios',
  '/dead-letters',
  '/alerts',
  '/labs',
  '/labs/mail-window',
];

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

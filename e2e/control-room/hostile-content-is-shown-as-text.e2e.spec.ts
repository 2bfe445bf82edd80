import type { Page } from 'playwright-core';
import { findings, newId, pay, receiptOf, consoleUrl } from '../system-under-test.js';
import { describeInBrowser, operatorPage, useBrowser } from './browser.js';

const MARKUP = `<img src=x onerror="window.ran = true"><script>window.ran = true</script>`;
/** The fields whose text comes from outside: from customers, other producers, and servers. */
const FROM_OUTSIDE =
  /^(orderId|userId|title|detail|why|source|store|errorMessage|errorName|pspReference|summary|claim|failureWindow|documented)$/;

describeInBrowser('the pages', () => {
  useBrowser();
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it('markup in every field that comes from outside is shown as text', async () => {
    const paymentId = await pay(newId('user'));
    await receiptOf(paymentId);
    const page = await operatorPage('/');
    await page.route(
      /\/api\/(payments|audit|pages|dlq|consumers|labs(?!.*picture))/,
      async (route) => {
        const answer = await route.fetch();
        const body = hostile(await answer.json());
        await route.fulfill({ response: answer, body: JSON.stringify(body) });
      },
    );
    for (const path of [
      '/payments',
      `/payments/${paymentId}`,
      '/audit',
      '/consumers',
      '/alerts',
      '/dead-letters?consumer=email',
      '/labs',
      '/labs/order',
    ]) {
      await page.goto(consoleUrl + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expectOnlyText(page);
    }
    await page.goto(`${consoleUrl}/payments/${paymentId}`);
    await page.getByText(MARKUP).filter({ visible: true }).first().waitFor();
  });

  it('markup in the address is shown as text', async () => {
    const page = await operatorPage('/');
    for (const path of [
      `/payments/${encodeURIComponent(MARKUP)}`,
      `/payments?userId=${encodeURIComponent(MARKUP)}`,
      `/dead-letters?consumer=email&errorName=${encodeURIComponent(MARKUP)}`,
      `/alerts?alert=${encodeURIComponent(MARKUP)}&section=${encodeURIComponent(MARKUP)}`,
      `/sign-in?to=${encodeURIComponent(`javascript:${MARKUP}`)}`,
      `/sign-in?to=${encodeURIComponent('//evil.example')}`,
    ]) {
      await page.goto(consoleUrl + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expectOnlyText(page);
      expect(page.url().startsWith(consoleUrl)).toBe(true);
    }
  });
});

async function expectOnlyText(page: Page): Promise<void> {
  // A picture without a file reports its error after the page was drawn.
  await page.waitForLoadState('load');
  await expect(page.locator('#app script, #app img[src=x]').count()).resolves.toBe(0);
  await expect(page.evaluate('window.ran')).resolves.toBeUndefined();
}

/** The same answer, with markup in every text that comes from outside. */
function hostile(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => hostile(each, name));
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value as Record<string, unknown>);
    const isFree = name === 'records' || name === 'headers';
    return Object.fromEntries(
      entries.map(([key, each]) => {
        const text = isFree && typeof each === 'string' ? each + MARKUP : hostile(each, key);
        return [isFree ? key + MARKUP : key, text];
      }),
    );
  }
  return typeof value === 'string' && FROM_OUTSIDE.test(name) ? value + MARKUP : value;
}

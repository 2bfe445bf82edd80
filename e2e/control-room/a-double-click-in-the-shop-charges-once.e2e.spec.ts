import { findings, withFault } from '../system-under-test.js';
import { describeInBrowser, newContext, operatorPage, signedIn, useBrowser } from './browser.js';
import { checkoutsOf, expectPaidOnce, finalAnswers, orderOf, payButton } from './shop.js';

describeInBrowser('the Shop', () => {
  useBrowser();
  afterEach(async () => await expect(findings()).resolves.toEqual([]));

  it('a double click sends one key twice, charges once, and both get the same bytes', async () => {
    const page = await operatorPage('/shop');
    const sent = checkoutsOf(page);
    const orderId = await orderOf(page);
    await payButton(page).dblclick();
    await expect(finalAnswers(page, 2)).resolves.toEqual([
      { status: '201', sameBytes: 'true' },
      { status: '201', sameBytes: 'true' },
    ]);
    expect(sent.length).toBeGreaterThanOrEqual(2);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    // Every attempt is shown, also those that were told to wait.
    await expect(page.locator('[data-answer]').count()).resolves.toBeGreaterThanOrEqual(
      sent.length,
    );
    await expectPaidOnce(orderId);
  });

  it('ten clicks charge once', async () => {
    const page = await operatorPage('/shop');
    const sent = checkoutsOf(page);
    const orderId = await orderOf(page);
    await page.getByLabel('Clicks').selectOption('10');
    await payButton(page).click();
    const final = await finalAnswers(page, 10);
    expect(final).toEqual(Array(10).fill({ status: '201', sameBytes: 'true' }));
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    await expectPaidOnce(orderId);
  });

  it('the double click works with the keyboard alone', async () => {
    const page = await operatorPage('/shop');
    const orderId = await orderOf(page);
    await page.getByLabel('Clicks').focus();
    await page.keyboard.press('Tab');
    await expect(page.locator(':focus').textContent()).resolves.toBe('Pay');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await expect(finalAnswers(page, 2)).resolves.toEqual([
      { status: '201', sameBytes: 'true' },
      { status: '201', sameBytes: 'true' },
    ]);
    await expectPaidOnce(orderId);
  });

  it('a lost answer is asked for again with the same key, and charges once', async () => {
    const page = await operatorPage('/shop');
    const sent = checkoutsOf(page);
    const orderId = await orderOf(page);
    await page.getByRole('button', { name: 'Lose the answer and retry' }).click();
    const [final] = await finalAnswers(page, 1);
    expect(final?.status).toBe('201');
    expect(sent.length).toBeGreaterThan(1);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    await expectPaidOnce(orderId);
  });

  it('two tabs with one key charge once', async () => {
    const context = await newContext();
    const [left, right] = [
      await signedIn(context, '/shop', 'operator'),
      await signedIn(context, '/shop', 'operator'),
    ];
    const orderId = await orderOf(left);
    await right.getByLabel('Order id').fill(orderId);
    const key = await left.getByLabel('Idempotency-Key').inputValue();
    await right.getByLabel('Idempotency-Key').fill(key);
    await Promise.all([payButton(left).click(), payButton(right).click()]);
    const seen = await Promise.all([finalAnswers(left, 1), finalAnswers(right, 1)]);
    expect(seen.flat().map(({ status }) => status)).toEqual(['201', '201']);
    await expectPaidOnce(orderId);
  });

  it('a tab that is closed before the answer comes back, and finishes the same payment', async () => {
    const context = await newContext();
    const page = await signedIn(context, '/shop', 'operator');
    const orderId = await orderOf(page);
    await withFault({ target: 'psp', kind: 'charge_then_hang', times: 1 }, async () => {
      await payButton(page).click();
      await page.locator('[data-attempt]').first().waitFor();
      await page.close();
    });
    const back = await signedIn(context, '/shop', 'operator');
    await back.getByRole('button', { name: 'Finish it' }).click();
    const [final] = await finalAnswers(back, 1);
    expect(final?.status).toBe('201');
    await expectPaidOnce(orderId);
  });
});

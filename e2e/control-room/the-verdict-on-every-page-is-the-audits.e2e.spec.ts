import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { sql } from '../damage.js';
import { withFrozen } from '../fault-injection.js';
import { findings, newId, pay, receiptOf } from '../system-under-test.js';
import { describeInBrowser, operatorPage, useBrowser } from './browser.js';

const PAGES = ['/', '/shop', '/payments', '/audit', '/consumers', '/dead-letters'];
const MINUTES_AGO = [2.5, 30, 59];
const SEEN_WITHIN_MS = 60_000;

describeInBrowser('the verdict', () => {
  useBrowser();
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it('stands on every page, and begins with the numbers', async () => {
    await receiptOf(await pay(newId('user')));
    const page = await operatorPage('/');
    await untilVerdict(page, 'ok');
    for (const path of PAGES) {
      await page.goto(new URL(path, page.url()).href);
      await untilVerdict(page, 'ok');
      await expect(strip(page).innerText()).resolves.toMatch(
        /^0 lost · 0 doubled · 0 late · 0 other · checked .+ ago/,
      );
    }
  });

  it('damage to payments of the last hour turns it red within a minute, and it leads there', async () => {
    const page = await operatorPage('/');
    await untilVerdict(page, 'ok');
    const lost = await Promise.all(MINUTES_AGO.map(completeWithoutEvent));
    try {
      await untilVerdict(page, 'violated', SEEN_WITHIN_MS);
      await expect(strip(page).innerText()).resolves.toMatch(/^3 lost · /);
      await strip(page).getByRole('link', { name: '3 lost' }).click();
      for (const id of lost) await page.locator('#main').getByTitle(id).first().waitFor();
      const [first = ''] = lost;
      await page.locator('#main').getByTitle(first).first().click();
      await page.locator(`[data-payment="${first}"]`).waitFor();
    } finally {
      await Promise.all(lost.map(forget));
    }
    await untilVerdict(page, 'ok', SEEN_WITHIN_MS);
  });

  it('an audit that cannot finish shows as old, and recovers', async () => {
    const page = await operatorPage('/payments');
    await untilVerdict(page, 'ok');
    await withFrozen(['redis'], async () => {
      await untilVerdict(page, 'stale', 2 * SEEN_WITHIN_MS);
      await expect(strip(page).innerText()).resolves.toMatch(/Redis cannot be read/);
      await expect(strip(page).innerText()).resolves.not.toMatch(/\d+ lost/);
    });
    await untilVerdict(page, 'ok', SEEN_WITHIN_MS);
  });
});

const strip = (page: Page) => page.locator('[role=status][data-verdict]');

async function untilVerdict(page: Page, verdict: string, timeout = SEEN_WITHIN_MS): Promise<void> {
  await page.locator(`[role=status][data-verdict=${verdict}]`).waitFor({ timeout });
}

/** A COMPLETED payment without an outbox row: no transaction of ours can leave one behind. */
async function completeWithoutEvent(minutesAgo: number): Promise<string> {
  const id = randomUUID();
  await sql(
    'payments',
    `INSERT INTO payments.payments (id, user_id, order_id, amount_minor, currency,
       payment_method, status, version, created_at, completed_at, psp_reference, traceparent,
       psp_attempts)
     VALUES ($1, $2, $3, 1299, 'EUR', 'pm_card_visa', 'COMPLETED', 2,
       now() - $4 * interval '1 minute', now() - $4 * interval '1 minute', $5, '00-x', 1)`,
    [id, newId('user'), newId('order'), minutesAgo, `ch_${id}`],
  );
  return id;
}

const forget = (id: string) => sql('payments', 'DELETE FROM payments.payments WHERE id = $1', [id]);

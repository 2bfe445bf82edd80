import { waitUntil } from '@effectively-once/testing';
import type { Page } from 'playwright-core';
import { at, journal, receiptOf } from '../system-under-test.js';
import { sql } from '../damage.js';

/** What a customer does and sees in the Shop. */

export const payButton = (page: Page) => page.getByRole('button', { name: 'Pay', exact: true });

const idOfOrder = (page: Page) => page.getByLabel('Order id');

/** The order id of the basket that is shown. */
export async function orderOf(page: Page): Promise<string> {
  await payButton(page).waitFor();
  return await idOfOrder(page).inputValue();
}

export interface SeenAnswer {
  status: string;
  sameBytes: string;
}

/** Waits until so many final answers are shown, and returns all of them. */
export async function finalAnswers(page: Page, count: number): Promise<SeenAnswer[]> {
  const final = page.locator('[data-answer][data-final=true]');
  await final.nth(count - 1).waitFor();
  return await Promise.all(
    (await final.all()).map(async (answer) => ({
      status: (await answer.getAttribute('data-status')) ?? '',
      sameBytes: (await answer.getAttribute('data-same-bytes')) ?? '',
    })),
  );
}

export interface SentCheckout {
  key: string | undefined;
  orderId: string;
}

/** Every checkout that the tab sends from now on. */
export function checkoutsOf(page: Page): SentCheckout[] {
  const sent: SentCheckout[] = [];
  page.on('request', (request) => {
    if (request.method() !== 'POST' || !request.url().endsWith('/v1/payments')) return;
    const { orderId } = request.postDataJSON() as { orderId: string };
    sent.push({ key: request.headers()['idempotency-key'], orderId });
  });
  return sent;
}

/** One charge, one receipt, one points entry, one document. */
export async function expectPaidOnce(orderId: string): Promise<void> {
  const rows = await sql<{ id: string; status: string }>(
    'payments',
    'SELECT id, status FROM payments.payments WHERE order_id = $1',
    [orderId],
  );
  expect(rows.map(({ status }) => status)).toEqual(['COMPLETED']);
  const paymentId = rows[0]?.id ?? '';
  await receiptOf(paymentId);
  await expect(journal('charges', { paymentId })).resolves.toHaveLength(1);
  await expect(journal('mails', { paymentId })).resolves.toHaveLength(1);
  await waitUntil('the points', async () => (await pointsOf(paymentId)) === 1);
  await waitUntil('the document', async () => (await documentsOf(paymentId)) === 1);
}

async function pointsOf(paymentId: string): Promise<number> {
  const statement = 'SELECT 1 FROM loyalty.points_entries WHERE payment_id = $1';
  return (await sql('loyalty', statement, [paymentId])).length;
}

async function documentsOf(paymentId: string): Promise<number> {
  const url = new URL(`/payments/_doc/${paymentId}`, at.ELASTICSEARCH_URL);
  return (await fetch(url)).status === 200 ? 1 : 0;
}

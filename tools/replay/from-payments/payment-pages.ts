import type { ClientBase } from 'pg';
import type { CompletedPayment } from './rebuilt-event.js';

const PAGE = 500;
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

// The index on completed_at is a BRIN, which gives no order: each page sorts what its window of
// time holds. So the window adapts to the payments in it, and no page sorts much more than itself.
const WINDOW_FIRST_MS = 60_000;
const WINDOW_MIN_MS = 1_000;
const WINDOW_MAX_MS = 30 * 24 * 3_600_000;

/** Completed payments since a time, as of one moment. */
export interface PaymentExtent {
  count: number;
  /** The first and the last completion; undefined if there is no payment. */
  firstMs: number | undefined;
  lastMs: number | undefined;
}

export async function extentSince(
  payments: Pick<ClientBase, 'query'>,
  since: Date,
): Promise<PaymentExtent> {
  const { rows } = await payments.query<{ count: string; first: Date | null; last: Date | null }>(
    `SELECT count(*) AS count, min(completed_at) AS first, max(completed_at) AS last
       FROM payments.payments WHERE status = 'COMPLETED' AND completed_at >= $1`,
    [since],
  );
  const [row] = rows;
  return {
    count: Number(row?.count),
    firstMs: row?.first?.getTime(),
    lastMs: row?.last?.getTime(),
  };
}

/**
 * Completed payments, oldest completion first, in pages (keyset pagination). It holds one page and
 * no transaction, so a slow replay holds back no vacuum.
 *
 * @param range milliseconds since 1970; both ends are included.
 */
export async function* paymentPages(
  payments: Pick<ClientBase, 'query'>,
  range: { firstMs: number; lastMs: number },
  pageSize = PAGE,
): AsyncGenerator<CompletedPayment[]> {
  const endMs = range.lastMs + 1;
  let after = { atMs: range.firstMs, id: NIL_UUID };
  let windowMs = WINDOW_FIRST_MS;
  while (after.atMs < endMs) {
    const untilMs = Math.min(after.atMs + windowMs, endMs);
    const page = await readPage(payments, { after, untilMs, pageSize });
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last && page.length === pageSize) {
      after = { atMs: Date.parse(last.completedAt), id: last.paymentId };
      windowMs = Math.max(windowMs / 2, WINDOW_MIN_MS);
    } else {
      after = { atMs: untilMs, id: NIL_UUID };
      windowMs = Math.min(windowMs * 2, WINDOW_MAX_MS);
    }
  }
}

interface CompletedRow {
  id: string;
  user_id: string;
  order_id: string;
  /** pg returns a bigint as text. Amounts are below 10^10, so a double holds them exactly. */
  amount_minor: string;
  currency: string;
  completed_at: Date;
  version: number;
  traceparent: string;
}

async function readPage(
  payments: Pick<ClientBase, 'query'>,
  asked: { after: { atMs: number; id: string }; untilMs: number; pageSize: number },
): Promise<CompletedPayment[]> {
  const { after, untilMs, pageSize } = asked;
  const { rows } = await payments.query<CompletedRow>(
    `SELECT id, user_id, order_id, amount_minor, currency, completed_at, version, traceparent
       FROM payments.payments
      WHERE status = 'COMPLETED' AND completed_at >= $1 AND completed_at < $3
        AND (completed_at, id) > ($1, $2)
      ORDER BY completed_at, id LIMIT $4`,
    [new Date(after.atMs), after.id, new Date(untilMs), pageSize],
  );
  return rows.map((row) => ({
    paymentId: row.id,
    orderId: row.order_id,
    userId: row.user_id,
    amountMinor: Number(row.amount_minor),
    currency: row.currency,
    completedAt: row.completed_at.toISOString(),
    paymentVersion: row.version,
    traceparent: row.traceparent,
  }));
}

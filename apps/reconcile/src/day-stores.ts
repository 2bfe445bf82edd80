import { fromPspUnits } from '@effectively-once/contracts';
import { PAYMENTS_ALIAS } from '@effectively-once/search/payments-index';
import type { PaymentDocument } from '@effectively-once/search/payment-document';
import { errors, type Client as Elasticsearch } from '@elastic/elasticsearch';
import type { Client } from 'pg';
import { z } from 'zod';
import type { Day } from './day.js';
import type { Amount } from './staging.js';

const REQUEST_TIMEOUT_MS = 10_000;

/** The four stores whose totals of a day must be equal. */
export interface DayStores {
  /** The payments that were COMPLETED on that day, in batches. */
  paymentsOf(day: Day, batch: number): AsyncIterable<(Amount & { userId: string })[]>;
  pointsOf(paymentIds: string[]): Promise<Amount[]>;
  documentsOf(paymentIds: string[]): Promise<Amount[]>;
  /**
   * All captures and refunds of the PSP, in batches. The journal has the time of the capture, and
   * not the day of the payment.
   */
  captures(batch: number): AsyncIterable<Amount[]>;
}

export function dayStores(at: {
  payments: Client;
  loyalty: Client;
  elasticsearch: Elasticsearch;
  thirdPartiesUrl: string;
}): DayStores {
  return {
    paymentsOf: (day, batch) =>
      reading('the payments database', paymentsOf(at.payments, day, batch)),
    pointsOf: async (ids) => await named('the loyalty database', () => pointsOf(at.loyalty, ids)),
    documentsOf: async (ids) =>
      await named('the search index', () => documentsOf(at.elasticsearch, ids)),
    captures: (batch) => reading("the PSP's journal", captures(at.thirdPartiesUrl, batch)),
  };
}

/** A store does not answer, or its answer has an unknown form. Totals without it would be wrong. */
export class UnreadableDayStore extends Error {
  override readonly name = 'UnreadableDayStore';

  constructor(store: string, options: { cause: unknown }) {
    const { message } = options.cause as Error;
    super(`${store} cannot be read (${message})`, options);
  }
}

async function named<Result>(store: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    throw new UnreadableDayStore(store, { cause });
  }
}

async function* reading<Batch>(store: string, batches: AsyncGenerator<Batch>) {
  for (;;) {
    const next = await named(store, () => batches.next());
    if (next.done) return;
    yield next.value;
  }
}

const AMOUNT = `user_id AS "userId", currency, amount_minor::float8 AS "amountMinor"`;

async function* paymentsOf(
  client: Client,
  day: Day,
  batch: number,
): AsyncGenerator<(Amount & { userId: string })[]> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(
    `DECLARE payments_of_day NO SCROLL CURSOR FOR
     SELECT id AS "paymentId", ${AMOUNT} FROM payments.payments
      WHERE status = 'COMPLETED'
        AND completed_at >= $1 AND completed_at < $2`,
    [day.from, day.until],
  );
  for (;;) {
    const { rows } = await client.query<Amount & { userId: string }>(
      `FETCH ${batch} FROM payments_of_day`,
    );
    if (rows.length === 0) break;
    yield rows;
  }
  await client.query('COMMIT');
}

async function pointsOf(client: Client, paymentIds: string[]): Promise<Amount[]> {
  const { rows } = await client.query<Amount>(
    `SELECT payment_id AS "paymentId", ${AMOUNT} FROM loyalty.points_entries
      WHERE payment_id = ANY($1::uuid[])`,
    [paymentIds],
  );
  return rows;
}

/** A get by id sees every acknowledged write, without a wait for a refresh. */
async function documentsOf(client: Elasticsearch, paymentIds: string[]): Promise<Amount[]> {
  try {
    const { docs } = await client.mget<PaymentDocument>({ index: PAYMENTS_ALIAS, ids: paymentIds });
    return docs.flatMap((doc) => {
      // A shard that is not started reports an error per document, inside a 200 answer.
      if ('error' in doc) throw new Error(`document ${doc._id}: ${doc.error.reason}`);
      if (!('_source' in doc) || !doc._source) return [];
      const { userId, currency, amountMinor } = doc._source;
      return { paymentId: doc._id, userId, currency, amountMinor };
    });
  } catch (error) {
    // A lost index is a difference for every user, and no unreadable store.
    if (error instanceof errors.ResponseError && error.statusCode === 404) return [];
    throw error;
  }
}

const chargesPage = z.object({
  entries: z.array(
    z.object({
      paymentId: z.string().nullish(),
      currency: z.string(),
      amountMinor: z.int(),
      status: z.enum(['captured', 'declined', 'refunded', 'refund_pending', 'refund_failed']),
      refundId: z.string().optional(),
    }),
  ),
  nextAfter: z.int(),
});

/** A refund that came back after it had succeeded counts as if it had never been made. */
async function* captures(thirdPartiesUrl: string, batch: number): AsyncGenerator<Amount[]> {
  const refunded = new Set<string>();
  for (let after = 0; ;) {
    const url = new URL(`/_journal/charges?after=${after}&limit=${batch}`, thirdPartiesUrl);
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const { entries, nextAfter } = chargesPage.parse(await response.json());
    yield entries.flatMap(({ paymentId, status, currency, amountMinor: units, refundId = '' }) => {
      if (!paymentId || status === 'declined' || status === 'refund_pending') return [];
      if (status === 'refund_failed' && !refunded.delete(refundId)) return [];
      if (status === 'refunded') refunded.add(refundId);
      const amountMinor = fromPspUnits(units, currency.toUpperCase());
      const signed = status === 'refunded' ? -amountMinor : amountMinor;
      return [{ paymentId, userId: undefined, currency, amountMinor: signed }];
    });
    if (entries.length < batch) return;
    after = nextAfter;
  }
}

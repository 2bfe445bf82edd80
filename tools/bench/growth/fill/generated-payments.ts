import {
  CE_HEADERS,
  encodePaymentCompleted,
  PAYMENT_COMPLETED,
  PAYMENT_COMPLETED_SCHEMA,
  PAYMENT_COMPLETED_TYPE,
} from '@effectively-once/contracts';
import { withProducer } from '../../delivery/produce.js';

const TOGETHER = 1_000;
export const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** A payment whose number decides everything about it, so that every store gets the same one. */
export interface GeneratedPayment {
  n: number;
  paymentId: string;
  eventId: string;
  userId: string;
  amountMinor: number;
  currency: 'EUR';
  completedAt: string;
  payload: string;
}

/** Payments with the numbers from `from` on, whose users take turns. */
export interface Series {
  from: number;
  count: number;
  users: number;
  completedAtMs: number;
}

/** In groups of 1,000. */
export function* generatedPayments(series: Series): Generator<GeneratedPayment[]> {
  const end = series.from + series.count;
  for (let from = series.from; from < end; from += TOGETHER) {
    const size = Math.min(TOGETHER, end - from);
    yield Array.from({ length: size }, (_, index) => generated(from + index, series));
  }
}

function generated(n: number, { users, completedAtMs }: Series): GeneratedPayment {
  const paymentId = idOf('8000', n);
  const userId = `growth-${n % users}`;
  const amountMinor = 100 + (n % 10_000);
  const completedAt = new Date(completedAtMs).toISOString();
  const event = { paymentId, orderId: paymentId, userId, amountMinor, currency: 'EUR' } as const;
  const payload = encodePaymentCompleted({ ...event, completedAt, paymentVersion: 2 });
  return { n, ...event, eventId: idOf('9000', n), completedAt, payload };
}

// A UUID v7 of a fixed time. Its last part is the number, so ids ascend like those of payments.
const idOf = (kind: string, n: number) =>
  `01a1fe5f-8515-7000-${kind}-${n.toString(16).padStart(12, '0')}`;

/** Publishes them as the connector does: the same key, headers and value. */
export async function publish(
  brokers: string[],
  series: Series,
  signal: AbortSignal,
): Promise<void> {
  await withProducer(brokers, async (producer) => {
    for (const payments of generatedPayments(series)) {
      signal.throwIfAborted();
      await producer.sendAll(PAYMENT_COMPLETED, payments.map(recordOf));
    }
  });
}

const recordOf = ({ userId, payload, eventId, paymentId, completedAt }: GeneratedPayment) => ({
  key: Buffer.from(userId),
  value: Buffer.from(payload),
  headers: {
    [CE_HEADERS.specversion]: '1.0',
    [CE_HEADERS.id]: eventId,
    [CE_HEADERS.type]: PAYMENT_COMPLETED_TYPE,
    [CE_HEADERS.source]: '/payments',
    [CE_HEADERS.subject]: paymentId,
    [CE_HEADERS.time]: completedAt,
    [CE_HEADERS.dataschema]: PAYMENT_COMPLETED_SCHEMA,
    [CE_HEADERS.contentType]: 'application/json',
    [CE_HEADERS.traceparent]: TRACEPARENT,
  },
});

import { randomUUID } from 'node:crypto';
import {
  encodePaymentCompleted,
  PAYMENT_COMPLETED,
  PAYMENT_COMPLETED_SCHEMA,
  PAYMENT_COMPLETED_TYPE,
} from '@effectively-once/contracts';
import { Client } from 'pg';
import { USERS } from './effects.js';

const TOGETHER = 1_000;
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

// Inserts a payment and its outbox row in one statement, as payments does. It omits the idempotency
// key and the charge, which no consumer reads.
const INSERT = `
  WITH made AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::uuid[], $6::text[])
      AS one (id, user_id, amount_minor, completed_at, event_id, payload)
  ), payment AS (
    INSERT INTO payments.payments (id, user_id, order_id, amount_minor, currency, payment_method,
      status, version, psp_reference, created_at, completed_at, traceparent, psp_attempts)
    SELECT id, user_id, id::text, amount_minor, 'EUR', 'pm_card_visa',
      'COMPLETED', 2, 'pi_by_hand', completed_at, completed_at, $7, 1
    FROM made
  )
  INSERT INTO payments.outbox (event_id, specversion, topic, partition_key, event_type, subject,
    occurred_at, data_schema, traceparent, payload)
  SELECT event_id, '1.0', $8, user_id, $9, id::text, completed_at, $10, $7, payload FROM made`;

/** Inserts completed payments by SQL, without checkout and PSP. The connector publishes them. */
export async function makePayments(
  paymentsUrl: string,
  { count, signal }: { count: number; signal: AbortSignal },
): Promise<void> {
  const client = new Client({ connectionString: paymentsUrl });
  await client.connect();
  try {
    for (let from = 0; from < count; from += TOGETHER) {
      signal.throwIfAborted();
      const size = Math.min(TOGETHER, count - from);
      const made = Array.from({ length: size }, (_, index) => aPayment(from + index));
      await client.query(INSERT, [
        made.map(({ paymentId }) => paymentId),
        made.map(({ userId }) => userId),
        made.map(({ amountMinor }) => amountMinor),
        made.map(({ completedAt }) => completedAt),
        made.map(() => randomUUID()),
        made.map((payment) => encodePaymentCompleted(payment)),
        TRACEPARENT,
        PAYMENT_COMPLETED,
        PAYMENT_COMPLETED_TYPE,
        PAYMENT_COMPLETED_SCHEMA,
      ]);
    }
  } finally {
    await client.end();
  }
}

function aPayment(n: number) {
  const paymentId = randomUUID();
  return {
    paymentId,
    orderId: paymentId,
    userId: `bench-${n % USERS}`,
    amountMinor: 100 + (n % 10_000),
    currency: 'EUR',
    completedAt: new Date().toISOString(),
    paymentVersion: 2,
  };
}

import {
  PAYMENT_COMPLETED,
  PAYMENT_COMPLETED_SCHEMA,
  PAYMENT_COMPLETED_TYPE,
} from '@effectively-once/contracts';
import type { ClientBase } from 'pg';
import { TRACEPARENT, type GeneratedPayment } from './generated-payments.js';

/**
 * Inserts completed payments by SQL, without checkout and PSP: payment, stored answer and outbox
 * row in one statement. A connector publishes them.
 */
export async function insertPayments(
  payments: Pick<ClientBase, 'query'>,
  group: GeneratedPayment[],
): Promise<void> {
  await payments.query(ROWS, valuesOf(group));
}

const ROWS = `
  WITH made AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::uuid[], $6::text[])
      AS one (id, user_id, amount_minor, completed_at, event_id, payload)
  ), payment AS (
    INSERT INTO payments.payments (id, user_id, order_id, amount_minor, currency, payment_method,
      status, version, psp_reference, created_at, completed_at, traceparent, psp_attempts)
    SELECT id, user_id, id::text, amount_minor, 'EUR', 'pm_card_visa',
      'COMPLETED', 2, 'pi_' || id, completed_at, completed_at, $7, 1
    FROM made
    RETURNING id
  ), key AS (
    INSERT INTO payments.idempotency_keys (user_id, method, route, idempotency_key, fingerprint,
      payment_id, response_status, response_body, created_at)
    SELECT user_id, 'POST', '/v1/payments', id::text, 'fingerprint', id, 201,
      json_build_object('id', id, 'status', 'COMPLETED')::text, completed_at
    FROM made
  )
  INSERT INTO payments.outbox (event_id, specversion, topic, partition_key, event_type, subject,
    occurred_at, data_schema, traceparent, payload)
  SELECT event_id, '1.0', $8, user_id, $9, id::text, completed_at, $10, $7, payload FROM made`;

const valuesOf = (group: GeneratedPayment[]) => [
  group.map(({ paymentId }) => paymentId),
  group.map(({ userId }) => userId),
  group.map(({ amountMinor }) => amountMinor),
  group.map(({ completedAt }) => completedAt),
  group.map(({ eventId }) => eventId),
  group.map(({ payload }) => payload),
  TRACEPARENT,
  PAYMENT_COMPLETED,
  PAYMENT_COMPLETED_TYPE,
  PAYMENT_COMPLETED_SCHEMA,
];

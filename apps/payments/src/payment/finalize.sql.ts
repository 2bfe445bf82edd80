import type { Pool } from 'pg';

export interface Finalization {
  paymentId: string;
  /** Optimistic concurrency: event and answer are for this version. Another version loses. */
  version: number;
  status: 'COMPLETED' | 'DECLINED' | 'FAILED';
  pspReference: string | null;
  failureCode: string | null;
  responseStatus: number;
  responseBody: string;
  /** Only with a COMPLETED payment. */
  event?: OutboxEvent;
}

export interface OutboxEvent {
  eventId: string;
  specversion: string;
  topic: string;
  partitionKey: string;
  eventType: string;
  occurredAt: Date;
  dataSchema: string;
  traceparent: string;
  payload: string;
}

// Transactional outbox: the statement that completes the payment also inserts its event.
// The one conditional UPDATE for which request, completer and webhook race. The response and the
// event depend on its row: a loser writes neither, so a payment has one answer and one event.
// completed_at is also the event's occurred_at, which decides the day of the outbox.
const FINALIZE = `
  WITH finalized AS (
    UPDATE payments.payments
    SET status = $3, version = version + 1, psp_reference = $4, failure_code = $5,
      completed_at = $12, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND version = $2 AND status IN ('PENDING', 'UNKNOWN')
    RETURNING id
  ), response AS (
    UPDATE payments.idempotency_keys SET response_status = $6, response_body = $7
    FROM finalized WHERE payment_id = finalized.id
  ), event AS (
    INSERT INTO payments.outbox
      (event_id, specversion, topic, partition_key, event_type, subject, occurred_at, data_schema,
       traceparent, payload)
    SELECT $8::uuid, $9, $10, $11, $13, finalized.id::text, $12, $14, $15, $16
    FROM finalized WHERE $3 = 'COMPLETED'
  )
  SELECT id FROM finalized`;

/** Writes the final state of a payment, once. One statement, in its own transaction. */
export async function finalize(
  pool: Pool,
  finalization: Finalization,
): Promise<'finalized' | 'lost'> {
  const { event } = finalization;
  const { rowCount } = await pool.query({
    name: 'finalize',
    text: FINALIZE,
    values: [
      finalization.paymentId,
      finalization.version,
      finalization.status,
      finalization.pspReference,
      finalization.failureCode,
      finalization.responseStatus,
      finalization.responseBody,
      event?.eventId,
      event?.specversion,
      event?.topic,
      event?.partitionKey,
      event?.occurredAt,
      event?.eventType,
      event?.dataSchema,
      event?.traceparent,
      event?.payload,
    ],
  });
  return rowCount === 1 ? 'finalized' : 'lost';
}

import type { Pool } from 'pg';

export interface Finalization {
  paymentId: string;
  /** The version the event and the answer were made for; another one makes this settlement a loser. */
  version: number;
  status: 'COMPLETED' | 'DECLINED' | 'FAILED';
  pspReference: string | null;
  failureCode: string | null;
  responseStatus: number;
  responseBody: string;
  /** With a COMPLETED payment, and with no other. */
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

// The one conditional UPDATE that request, completer and webhook race for. The response and the event
// hang on its row: who loses writes neither, so one payment has one answer and one event.
// completed_at is the event's occurred_at, which also chooses the outbox's day.
const FINALIZE = `
  WITH settled AS (
    UPDATE payments.payments
    SET status = $3, version = version + 1, psp_reference = $4, failure_code = $5,
      completed_at = $12, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND version = $2 AND status IN ('PENDING', 'UNKNOWN')
    RETURNING id
  ), response AS (
    UPDATE payments.idempotency_keys SET response_status = $6, response_body = $7
    FROM settled WHERE payment_id = settled.id
  ), event AS (
    INSERT INTO payments.outbox
      (event_id, specversion, topic, partition_key, event_type, subject, occurred_at, data_schema,
       traceparent, payload)
    SELECT $8::uuid, $9, $10, $11, $13, settled.id::text, $12, $14, $15, $16
    FROM settled WHERE $3 = 'COMPLETED'
  )
  SELECT id FROM settled`;

/** Brings a payment to its final state, unless somebody else did. One statement, in its own transaction. */
export async function finalize(pool: Pool, settlement: Finalization): Promise<'settled' | 'lost'> {
  const { event } = settlement;
  const { rowCount } = await pool.query({
    name: 'settle',
    text: FINALIZE,
    values: [
      settlement.paymentId,
      settlement.version,
      settlement.status,
      settlement.pspReference,
      settlement.failureCode,
      settlement.responseStatus,
      settlement.responseBody,
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
  return rowCount === 1 ? 'settled' : 'lost';
}

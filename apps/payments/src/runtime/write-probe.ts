import { onNewConnection } from '@effectively-once/postgres';

// What every checkout writes: the payment with its key and its recipient, the new state, and the
// event in the outbox of today. Rolled back, so no reader and no connector sees them.
const WRITE_A_CHECKOUT = `
  BEGIN;
  WITH payment AS (
    INSERT INTO payments.payments (id, user_id, order_id, amount_minor, currency, payment_method,
      status, version, created_at, traceparent, psp_attempts, lease_until)
    VALUES (gen_random_uuid(), 'readiness-probe', gen_random_uuid()::text, 1, 'EUR', 'pm_probe',
      'PENDING', 1, now(), '', 0, now())
    RETURNING id
  ), key AS (
    INSERT INTO payments.idempotency_keys
      (user_id, method, route, idempotency_key, fingerprint, payment_id, created_at)
    SELECT 'readiness-probe', '', '', id::text, '', id, now() FROM payment
    ON CONFLICT (user_id, method, route, idempotency_key) DO NOTHING
  )
  INSERT INTO payments.recipients (payment_id, receipt_email) SELECT id, '' FROM payment;
  UPDATE payments.payments SET status = 'UNKNOWN', version = version + 1
    WHERE user_id = 'readiness-probe' AND status = 'PENDING';
  INSERT INTO payments.outbox (event_id, specversion, topic, partition_key, event_type, subject,
    occurred_at, data_schema, traceparent, payload)
  VALUES (gen_random_uuid(), '1.0', 'payment.completed', 'readiness-probe', '', '', now(), '', '',
    '');
  ROLLBACK`;

/**
 * Tries the work of payments on a new connection. A database can answer `select 1` and refuse every
 * checkout: it is read-only after a failover, its disk is full, or a permission was taken away.
 * @throws the error of PostgreSQL.
 */
export async function probeCheckout(url: string): Promise<void> {
  await onNewConnection({ url, applicationName: 'payments-probe' }, (client) =>
    client.query(WRITE_A_CHECKOUT),
  );
}

import type { Pool } from 'pg';

// Only the clock of the database decides about a lease: two machines whose clocks differ must not
// both hold it. lease_token is its fencing token.

const RELEASE = `
  WITH released AS (
    UPDATE payments.payments
    SET status = 'FAILED', version = version + 1, failure_code = 'psp_not_reached',
      lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND lease_token = $2 AND status = 'PENDING'
    RETURNING id
  )
  DELETE FROM payments.idempotency_keys USING released WHERE payment_id = released.id`;

/**
 * Undoes a claim: the payment is FAILED, the key is free. Only for the request that holds the
 * lease, and only if its one attempt surely never reached the PSP. Every other caller rolls
 * forward.
 */
export async function release(
  pool: Pool,
  lease: { paymentId: string; leaseToken: string },
): Promise<'released' | 'lost'> {
  const { rowCount } = await pool.query({
    name: 'release',
    text: RELEASE,
    values: [lease.paymentId, lease.leaseToken],
  });
  return rowCount === 1 ? 'released' : 'lost';
}

const DEFER = `
  UPDATE payments.payments
  SET status = 'UNKNOWN', version = version + (status = 'PENDING')::int,
    lease_token = NULL, lease_until = now() + $3 * interval '1 millisecond'
  WHERE id = $1 AND lease_token = $2 AND status IN ('PENDING', 'UNKNOWN')`;

/**
 * The outcome is unknown: the payment is UNKNOWN, and the completer may take it after `afterMs`.
 */
export async function defer(
  pool: Pool,
  lease: { paymentId: string; leaseToken: string; afterMs: number },
): Promise<'deferred' | 'lost'> {
  const { rowCount } = await pool.query({
    name: 'defer',
    text: DEFER,
    values: [lease.paymentId, lease.leaseToken, lease.afterMs],
  });
  return rowCount === 1 ? 'deferred' : 'lost';
}

const TAKE_OVER = `
  UPDATE payments.payments
  SET status = 'UNKNOWN', version = version + (status = 'PENDING')::int,
    lease_token = $1, lease_until = now() + $2 * interval '1 millisecond',
    psp_attempts = psp_attempts + 1
  WHERE id IN (
    SELECT id FROM payments.payments
    WHERE status IN ('PENDING', 'UNKNOWN') AND lease_until < now()
    ORDER BY lease_until
    LIMIT $3
    FOR UPDATE SKIP LOCKED)
  RETURNING id`;

/**
 * Takes open payments whose lease is over. Concurrent completers take different ones. A request
 * whose lease expired has probably died, and may have charged: its payment becomes UNKNOWN.
 */
export async function takeOver(
  pool: Pool,
  options: { leaseToken: string; leaseMs: number; paymentsMax: number },
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'take_over',
    text: TAKE_OVER,
    values: [options.leaseToken, options.leaseMs, options.paymentsMax],
  });
  return rows.map((row) => row.id);
}

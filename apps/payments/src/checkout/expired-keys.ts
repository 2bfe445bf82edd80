import type { DataSource } from 'typeorm';
import { pool } from '../runtime/database.js';

// The promise is 24 hours. One hour more is for a client whose retry is a little late.
export const KEYS_KEPT_H = 25;
const BATCH_MAX = 1_000;

/**
 * Deletes expired keys with a stored response, in batches that hold few locks, until none is left
 * or the signal is aborted. A key in flight stays at any age.
 */
export async function forgetExpiredKeys(
  dataSource: DataSource,
  signal: AbortSignal,
): Promise<void> {
  let forgotten = BATCH_MAX;
  while (forgotten === BATCH_MAX && !signal.aborted) forgotten = await forgetBatch(dataSource);
}

async function forgetBatch(dataSource: DataSource): Promise<number> {
  const { rowCount } = await pool(dataSource).query(
    `DELETE FROM payments.idempotency_keys
     WHERE payment_id IN (
       SELECT payment_id FROM payments.idempotency_keys
       WHERE created_at < now() - $1 * interval '1 hour' AND response_status IS NOT NULL
       ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [KEYS_KEPT_H, BATCH_MAX],
  );
  return rowCount ?? 0;
}

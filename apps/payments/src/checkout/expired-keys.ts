import type { DataSource } from 'typeorm';
import { pool } from '../runtime/database.js';

// A day is promised; the rest is for a client whose retry comes a little late.
export const KEYS_KEPT_H = 25;
const BATCH_MAX = 1_000;

/**
 * Forgets keys that have served, in batches that hold few locks, until none is left or it is told to
 * stop. A key in flight stays, however old.
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

import { RETENTION } from '@effectively-once/contracts';
import type { DataSource } from 'typeorm';
import { pool } from './database.js';

const DAY_MS = 86_400_000;
const DAYS_AHEAD = 3;
const HEARTBEATS_KEPT_S = 3_600;

/**
 * Makes the outbox's coming days, drops those out of retention, and prunes Debezium's heartbeats.
 * Rows of a day that was not made in time go to the default partition, so nothing depends on this
 * running at any one moment.
 */
export async function keepOutboxDays(dataSource: DataSource): Promise<void> {
  await pool(dataSource).query('SELECT payments.keep_outbox_days($1, $2)', [
    DAYS_AHEAD,
    RETENTION.outboxMs / DAY_MS,
  ]);
  await pool(dataSource).query(
    `DELETE FROM payments.debezium_heartbeat WHERE beat_at < now() - $1 * interval '1 second'`,
    [HEARTBEATS_KEPT_S],
  );
}

/** How many days after today have their partition, up to the first that has none. */
export async function outboxDaysAhead(dataSource: DataSource): Promise<number> {
  const { rows } = await pool(dataSource).query<{ ready: number }>(
    `SELECT coalesce(min(ahead) - 1, $1)::int AS ready
     FROM generate_series(1, $1::int) AS ahead
     WHERE to_regclass('payments.outbox_' ||
       to_char((now() AT TIME ZONE 'UTC')::date + ahead, 'YYYYMMDD')) IS NULL`,
    [DAYS_AHEAD],
  );
  return rows[0]?.ready ?? 0;
}

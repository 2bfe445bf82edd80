import { RETENTION } from '@effectively-once/contracts';
import type { DataSource } from 'typeorm';
import { pool } from './database.js';
import { outboxDaysAhead } from './metrics.js';

const DAY_MS = 86_400_000;
const DAYS_AHEAD = 3;
const HEARTBEATS_KEPT_S = 3_600;

/**
 * Makes the outbox's coming days, drops those out of retention, and prunes Debezium's heartbeats.
 * Rows of a day that was not made in time go to the default partition, so nothing depends on this
 * running at any one moment; `outbox_days_ahead` says when it has not.
 */
export async function keepOutboxDays(dataSource: DataSource): Promise<void> {
  const { rows } = await pool(dataSource).query<{ ready: number }>(
    'SELECT payments.keep_outbox_days($1, $2) AS ready',
    [DAYS_AHEAD, RETENTION.outboxMs / DAY_MS],
  );
  outboxDaysAhead.set(rows[0]?.ready ?? 0);
  await pool(dataSource).query(
    `DELETE FROM payments.debezium_heartbeat WHERE beat_at < now() - $1 * interval '1 second'`,
    [HEARTBEATS_KEPT_S],
  );
}

import { RETENTION } from '@effectively-once/contracts';
import type { Logger } from '@effectively-once/platform';
import type { DataSource } from 'typeorm';
import { pool } from '../runtime/database.js';

const DAY_MS = 86_400_000;
const DAYS_AHEAD = 3;
const DAYS_KEPT = RETENTION.outboxMs / DAY_MS;
const SLOT = 'payments_outbox';
const HEARTBEATS_KEPT_S = 3_600;

/**
 * Makes the partitions of the coming days, drops those out of retention once the connector has
 * confirmed later rows, and prunes the heartbeats of Debezium. Rows of a day without its own
 * partition go to the default partition, so a late run does no harm.
 */
export class OutboxPartitions {
  private isHoldingBack = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly logger: Logger,
    private readonly options = { slot: SLOT },
  ) {}

  async keep(): Promise<void> {
    await pool(this.dataSource).query('SELECT payments.keep_outbox_days($1, $2, $3)', [
      DAYS_AHEAD,
      DAYS_KEPT,
      this.options.slot,
    ]);
    await pool(this.dataSource).query(
      `DELETE FROM payments.debezium_heartbeat WHERE beat_at < now() - $1 * interval '1 second'`,
      [HEARTBEATS_KEPT_S],
    );
    this.logChange(await outboxPartitionsOverdue(this.dataSource));
  }

  private logChange(daysOverdue: number): void {
    const isHoldingBack = daysOverdue > 0;
    if (isHoldingBack === this.isHoldingBack) return;
    this.isHoldingBack = isHoldingBack;
    if (isHoldingBack)
      this.logger.warn(
        { daysOverdue },
        'old outbox days are kept: the connector does not read, or has confirmed nothing of late',
      );
    else this.logger.info('old outbox days are dropped again');
  }
}

/** How many days after today have their partition, up to the first day without one. */
export async function outboxPartitionsAhead(dataSource: DataSource): Promise<number> {
  const { rows } = await pool(dataSource).query<{ ready: number }>(
    `SELECT coalesce(min(ahead) - 1, $1)::int AS ready
     FROM generate_series(1, $1::int) AS ahead
     WHERE to_regclass('payments.outbox_' ||
       to_char((now() AT TIME ZONE 'UTC')::date + ahead, 'YYYYMMDD')) IS NULL`,
    [DAYS_AHEAD],
  );
  return rows[0]?.ready ?? 0;
}

/** How many days are out of retention and not dropped. */
export async function outboxPartitionsOverdue(dataSource: DataSource): Promise<number> {
  const { rows } = await pool(dataSource).query<{ overdue: number }>(
    `SELECT count(*)::int AS overdue FROM pg_class
     WHERE relnamespace = 'payments'::regnamespace AND relname ~ '^outbox_[0-9]{8}$'
       AND to_date(right(relname, 8), 'YYYYMMDD') < (now() AT TIME ZONE 'UTC')::date - $1::int`,
    [DAYS_KEPT],
  );
  return rows[0]?.overdue ?? 0;
}

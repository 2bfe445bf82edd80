import { SLOT } from '../connector/connect-api.js';
import type { Query } from './payments-database.js';
import { readRetainedWal, readWalHolders } from './retained-wal.js';

const COUNTED_MAX = 100_000;

/**
 * How many rows the outbox holds, and the time of the latest event. Up to 100,000 rows are
 * counted; of more, the number is the planner's estimate. Two days at 115 payments/s are twenty
 * million rows, and counting them takes seconds.
 */
export async function readOutbox(query: Query) {
  // The event ids are UUIDs v7, so the largest is the latest. An index on the time would cost every
  // payment.
  const [row] = await query(
    `WITH counted AS (
       SELECT count(*) AS rows FROM (SELECT FROM payments.outbox LIMIT $1 + 1) AS limited
     ), estimated AS (
       SELECT coalesce(sum(reltuples) FILTER (WHERE reltuples > 0), 0)::bigint AS rows
         FROM pg_inherits JOIN pg_class partition ON partition.oid = inhrelid
        WHERE inhparent = 'payments.outbox'::regclass
     )
     SELECT CASE WHEN counted.rows <= $1 THEN counted.rows
                 ELSE greatest(counted.rows, estimated.rows) END::text AS rows,
            (SELECT occurred_at FROM payments.outbox ORDER BY event_id DESC LIMIT 1) AS latest
       FROM counted, estimated`,
    [COUNTED_MAX],
  );
  return { rows: Number(row?.['rows']), latest: (row?.['latest'] ?? null) as Date | null };
}

/**
 * If the slot is not active, or its lag only grows, the connector does not read it. If it retains
 * far more log than its lag, an open transaction holds the log back.
 */
export async function readSlot(query: Query) {
  const [row] = await query(
    `SELECT active, confirmed_flush_lsn::text AS confirmed,
            pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text AS lag
       FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT],
  );
  if (!row) throw new Error(`there is no slot ${SLOT}`);
  return {
    name: SLOT,
    active: row['active'] as boolean,
    lagBytes: Number(row['lag']),
    confirmedLsn: row['confirmed'] as string,
    ...(await readRetainedWal(query)),
    heldBackBy: await readWalHolders(query),
  };
}

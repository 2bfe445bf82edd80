import { SLOT } from '../connector/connect-api.js';
import type { Query } from './payments-database.js';
import { readRetainedWal, readWalHolders } from './retained-wal.js';

export async function readOutbox(query: Query) {
  const [row] = await query(
    `SELECT count(*)::text AS rows, max(occurred_at) AS latest FROM payments.outbox`,
  );
  return { rows: Number(row?.['rows']), latest: row?.['latest'] as Date | null };
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

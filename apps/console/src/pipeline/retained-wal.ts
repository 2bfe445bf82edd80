import { scrapedGauge } from '@effectively-once/platform';
import { z } from 'zod';
import { SLOT } from '../connector/connect-api.js';
import type { Query } from './payments-database.js';

/** PostgreSQL's own words for what a slot can still rely on. The last one means: repair it. */
const WAL_STATUSES = ['reserved', 'extended', 'unreserved', 'lost'] as const;

/**
 * The write-ahead log (WAL) that the slot retains. PostgreSQL keeps it from `restart_lsn` on, which
 * an open transaction holds back: also while the connector has confirmed everything, and its lag
 * (from `confirmed_flush_lsn`) is 0.
 * https://www.postgresql.org/docs/current/view-pg-replication-slots.html
 */
export interface RetainedWal {
  /** From `restart_lsn` to the end of the log. 0 for a lost slot, which retains nothing. */
  retainedBytes: number;
  /** PostgreSQL invalidates the slot after so many more; null without a limit. */
  safeWalBytes: number | null;
  walStatus: (typeof WAL_STATUSES)[number];
}

/** A transaction that may hold the log back: the oldest first. */
export interface WalHolder {
  kind: 'session' | 'prepared transaction';
  /** Of a prepared transaction null: it belongs to no session. */
  pid: number | null;
  /** What the session calls itself. Of a prepared transaction its identifier. */
  application: string;
  role: string;
  database: string;
  /** PostgreSQL's own words, for example `idle in transaction`. Never the query. */
  state: string;
  openSeconds: number;
}

// Bytes arrive as decimal text, because they do not fit into a number of SQL's client.
const bytes = z.string().transform(Number);
const retained = z.object({
  retained: bytes.nullable(),
  safe: bytes.nullable(),
  status: z.enum(WAL_STATUSES).nullable(),
});

/** @throws Error if there is no slot. */
export async function readRetainedWal(query: Query): Promise<RetainedWal> {
  const [row] = await query(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::text AS retained,
            safe_wal_size::text AS safe, wal_status AS status
       FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT],
  );
  if (!row) throw new Error(`there is no slot ${SLOT}`);
  const { retained: retainedBytes, safe, status } = retained.parse(row);
  // Without a status no log is reserved yet: PostgreSQL is creating the slot.
  return {
    retainedBytes: retainedBytes ?? 0,
    safeWalBytes: safe,
    walStatus: status ?? 'reserved',
  };
}

const holder = z.object({
  kind: z.enum(['session', 'prepared transaction']),
  pid: z.int().nullable(),
  application: z.string(),
  role: z.string(),
  database: z.string(),
  state: z.string(),
  open_seconds: z.int(),
});

/**
 * The transactions that have been open for ten seconds or longer and have written. An open
 * transaction of any database of the server holds the log back, if it has an id.
 *
 * PostgreSQL shows other sessions only to privileged roles. The auditor is not one: a function
 * shows it these columns (tools/stack/prepare/wal-holders.ts).
 */
export async function readWalHolders(query: Query): Promise<WalHolder[]> {
  const rows = await query('SELECT * FROM payments.wal_holders()');
  return rows.map((row) => {
    const { open_seconds, ...session } = holder.parse(row);
    return { ...session, openSeconds: open_seconds };
  });
}

/** One line for the operator. */
export function describeHolder(one: WalHolder): string {
  const { kind, pid, application, role, database, state, openSeconds } = one;
  const who = kind === 'session' ? `session pid ${pid} (${application})` : `${kind} ${application}`;
  return `${who} of role ${role} in database ${database}: ${state}, open for ${openSeconds} s`;
}

/** The metrics of the retained log. They are read when Prometheus scrapes them. */
export function measureRetainedWal(query: Query): void {
  let reading: Promise<RetainedWal> | undefined;
  // Prometheus asks for the three at the same moment, so one query answers all.
  const read = () => (reading ??= readRetainedWal(query).finally(() => (reading = undefined)));
  scrapedGauge(
    'cdc_slot_retained_bytes',
    'Write-ahead log that PostgreSQL keeps for the slot, from restart_lsn on',
    [],
    async (set) => set((await read()).retainedBytes),
  );
  scrapedGauge(
    'cdc_slot_safe_wal_bytes',
    'Write-ahead log that can still be written before PostgreSQL may invalidate the slot',
    ['slot'],
    async (set) => {
      const { safeWalBytes } = await read();
      // Absent without a limit: then PostgreSQL never invalidates the slot.
      if (safeWalBytes !== null) set(safeWalBytes, { slot: SLOT });
    },
  );
  scrapedGauge(
    'cdc_slot_wal_status',
    '1 for the current wal_status of the slot',
    ['status'],
    async (set) => {
      const { walStatus } = await read();
      for (const status of WAL_STATUSES) set(status === walStatus ? 1 : 0, { status });
    },
  );
}

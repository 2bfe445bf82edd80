import { z } from 'zod';
import { ConnectApi, SLOT, type ConnectorOffset, type ConnectorStatus } from './connect-api.js';
import type { Query } from '../pipeline/payments-database.js';

export type { Query };

/** The replication slot of the connector, as PostgreSQL reports it. */
export interface Slot {
  active: boolean;
  /** PostgreSQL may remove the log before this position; absent if the slot is lost. */
  restart: bigint | undefined;
  /** PostgreSQL never sends events before this position again. */
  confirmed: bigint;
  lagBytes: number;
  /**
   * Grows while PostgreSQL decodes a large transaction for the connector. Meanwhile the confirmed
   * position stays, and the connector is not to blame.
   */
  spilledBytes: bigint;
  /** PostgreSQL invalidated the slot: it needed more log than `max_slot_wal_keep_size` allows. */
  isLost: boolean;
  /** The connector reads the outbox table for its snapshot. Meanwhile it does not read the slot. */
  rowsAreRead: boolean;
}

/**
 * The connector as Connect and PostgreSQL report it. A value is absent if its side did not answer.
 */
export interface Observation {
  connector?: ConnectorStatus | 'missing';
  offset?: ConnectorOffset | 'none';
  slot?: Slot | 'missing';
  /** The error of each side that did not answer. */
  errors: Partial<Record<'connect' | 'database', string>>;
}

/**
 * Observes the connector from both sides: the slot first, so that Connect's answer is never older.
 */
export async function observe(query: Query, connect: ConnectApi): Promise<Observation> {
  const observation: Observation = { errors: {} };
  try {
    observation.slot = await readSlot(query);
  } catch (error) {
    observation.errors.database = messageOf(error);
  }
  try {
    observation.connector = await connect.status();
    // Connect keeps the offset of a deleted connector, but does not report it.
    if (observation.connector !== 'missing') observation.offset = await connect.offset();
  } catch (error) {
    observation.errors.connect = messageOf(error);
  }
  return observation;
}

// Positions arrive as decimal text, because they do not fit into a number.
const position = z.string().transform(BigInt);
const slotRow = z.object({
  active: z.boolean(),
  is_lost: z.boolean(),
  restart: position.nullable(),
  // Null while PostgreSQL creates the slot.
  confirmed: position.nullable(),
  lag: z.string().transform(Number).nullable(),
  // Null until the slot has been read once.
  spilled: position.nullable(),
  rows_are_read: z.boolean(),
});

async function readSlot(query: Query): Promise<Slot | 'missing'> {
  const [row] = await query(
    `SELECT active, wal_status = 'lost' AS is_lost,
            restart_lsn - '0/0'::pg_lsn AS restart,
            confirmed_flush_lsn - '0/0'::pg_lsn AS confirmed,
            pg_current_wal_lsn() - confirmed_flush_lsn AS lag,
            (SELECT spill_bytes FROM pg_stat_replication_slots WHERE slot_name = $1) AS spilled,
            EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
                     WHERE usename = 'debezium' AND relation = to_regclass('payments.outbox')
                   ) AS rows_are_read
       FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT],
  );
  if (!row) return 'missing';
  const { active, is_lost, restart, confirmed, lag, spilled, rows_are_read } = slotRow.parse(row);
  return {
    active,
    restart: restart ?? undefined,
    confirmed: confirmed ?? 0n,
    lagBytes: lag ?? 0,
    spilledBytes: spilled ?? 0n,
    isLost: is_lost,
    rowsAreRead: rows_are_read,
  };
}

// The message of fetch is only "fetch failed". The reason is in its cause.
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

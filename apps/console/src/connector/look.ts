import { z } from 'zod';
import { ConnectApi, SLOT, type ConnectorOffset, type ConnectorStatus } from './connect-api.js';
import type { Query } from '../payments-database.js';

export type { Query };

/** Where PostgreSQL believes the connector to be. */
export interface Slot {
  active: boolean;
  /** What comes before it may be gone from the log; absent when the slot was given up. */
  restart: bigint | undefined;
  /** What comes before it is never sent again, whatever the connector asks for. */
  confirmed: bigint;
  lagBytes: number;
  /** It held back more log than `max_slot_wal_keep_size` allows. */
  isLost: boolean;
  /** The connector reads the outbox itself, for its snapshot, and no slot meanwhile. */
  rowsAreRead: boolean;
}

/** What the two sides say of each other; absent is who did not answer. */
export interface Sight {
  connector?: ConnectorStatus | 'missing';
  offset?: ConnectorOffset | 'none';
  slot?: Slot | 'missing';
  /** Why who did not answer did not. */
  unanswered: Partial<Record<'connect' | 'database', string>>;
}

/** One look at the connector from both sides. The slot first, so that what Connect says is never older. */
export async function look(query: Query, connect: ConnectApi): Promise<Sight> {
  const sight: Sight = { unanswered: {} };
  try {
    sight.slot = await readSlot(query);
  } catch (error) {
    sight.unanswered.database = messageOf(error);
  }
  try {
    sight.connector = await connect.status();
    // Connect forgets to say how far a connector had come that was deleted, but it does not forget it.
    if (sight.connector !== 'missing') sight.offset = await connect.offset();
  } catch (error) {
    sight.unanswered.connect = messageOf(error);
  }
  return sight;
}

// Positions come as decimal text: they do not fit a number.
const position = z.string().transform(BigInt);
const slotRow = z.object({
  active: z.boolean(),
  is_lost: z.boolean(),
  restart: position.nullable(),
  // Null while the slot is being made.
  confirmed: position.nullable(),
  lag: z.string().transform(Number).nullable(),
  rows_are_read: z.boolean(),
});

async function readSlot(query: Query): Promise<Slot | 'missing'> {
  const [row] = await query(
    `SELECT active, wal_status = 'lost' AS is_lost,
            restart_lsn - '0/0'::pg_lsn AS restart,
            confirmed_flush_lsn - '0/0'::pg_lsn AS confirmed,
            pg_current_wal_lsn() - confirmed_flush_lsn AS lag,
            EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
                     WHERE usename = 'debezium' AND relation = to_regclass('payments.outbox')
                   ) AS rows_are_read
       FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT],
  );
  if (!row) return 'missing';
  const { active, is_lost, restart, confirmed, lag, rows_are_read } = slotRow.parse(row);
  return {
    active,
    restart: restart ?? undefined,
    confirmed: confirmed ?? 0n,
    lagBytes: lag ?? 0,
    isLost: is_lost,
    rowsAreRead: rows_are_read,
  };
}

// fetch says only "fetch failed", and the reason underneath.
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

import { PAYMENT_COMPLETED, type ConsumerName } from '@effectively-once/contracts';
import type { Pool } from 'pg';
import type { Rewind } from './plan-rewind.js';

/** The dead letters whose original records a replay delivers once more. */
export interface DeadLettersWithin {
  pending: number;
  /** The operator had ended them without their effect. A replay may bring it nevertheless. */
  discarded: number;
}

/** Reads the console's table, as role auditor. Of a redriven dead letter, its last state counts. */
export async function deadLettersWithin(
  consoleDatabase: Pick<Pool, 'query'>,
  asked: { consumer: ConsumerName; rewinds: readonly Rewind[] },
): Promise<DeadLettersWithin> {
  const { consumer, rewinds } = asked;
  const { rows } = await consoleDatabase.query<{ state: string; count: string }>(
    `SELECT state, count(*) AS count FROM (
       SELECT DISTINCT ON (original_partition, original_offset) state
         FROM console.dead_letters
         JOIN unnest($3::int[], $4::bigint[], $5::bigint[]) AS rewind (part, first, after)
           ON original_partition = part AND original_offset >= first AND original_offset < after
        WHERE consumer = $1 AND original_topic = $2
        ORDER BY original_partition, original_offset, redrive_count DESC) last_states
      GROUP BY state`,
    [
      consumer,
      PAYMENT_COMPLETED,
      rewinds.map(({ partition }) => partition),
      rewinds.map(({ from }) => String(from)),
      rewinds.map(({ end }) => String(end)),
    ],
  );
  const of = (state: string) => Number(rows.find((row) => row.state === state)?.count ?? 0);
  return { pending: of('pending'), discarded: of('discarded') };
}

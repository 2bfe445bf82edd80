import type { ConsumerName } from '@effectively-once/contracts';
import { perConsumer } from '../evidence/assemble.js';
import {
  asDeadLetter,
  type DeadLetterRow,
  type DeadLetterState,
  type TopicEnds,
} from '../evidence/evidence.js';
import type { FactOf } from '../evidence/facts.js';
import { ROWS, toRow, type DeadLetterColumns } from '../stores/dead-letters.js';
import type { Connections } from './connections.js';

/** A dead letter as the console lists it. */
export interface ListedDeadLetter {
  consumer: ConsumerName;
  id: string;
  state: DeadLetterRow['state'];
  errorName: string;
  attempts: number;
  redriveCount: number;
  firstFailedAtMs: number | null;
  deadLetteredAtMs: number;
  original: string;
}

export interface DeadLetterTable {
  letters: ListedDeadLetter[];
  facts: FactOf<'dead_letter_row' | 'dead_letter_state'>[];
  ingested: Record<ConsumerName, TopicEnds>;
}

interface Columns extends DeadLetterColumns {
  id: string;
  error_name: string;
  attempts: number;
  first_failed_at: Date | null;
}

// One statement, so one snapshot: the console writes rows and positions in one transaction.
const SQL = `
  WITH letters AS (
    ${ROWS.replace('SELECT', 'SELECT letter.id, error_name, attempts, first_failed_at,')}
     WHERE payment_id = $1
  )
  SELECT
    (SELECT coalesce(json_agg(letters ORDER BY dead_lettered_at), '[]') FROM letters) AS letters,
    (SELECT coalesce(json_agg(json_build_object(
              'consumer', consumer, 'partition', partition, 'next', next_offset::text)), '[]')
       FROM console.dead_letter_positions) AS positions`;

/** The console's rows of one payment, and up to where it has ingested each dead-letter topic. */
export async function readDeadLetterTableOf(
  { console: pool }: Connections,
  paymentId: string,
): Promise<DeadLetterTable> {
  const { rows } = await pool.query<{
    letters: Record<keyof Columns, unknown>[];
    positions: { consumer: ConsumerName; partition: number; next: string }[];
  }>(SQL, [paymentId]);
  const { letters = [], positions = [] } = rows[0] ?? {};
  const found = letters.map(fromJson).map((columns) => ({ columns, row: toRow(columns) }));
  return {
    letters: found.map(listed),
    facts: found.flatMap(({ row }) => [
      { kind: 'dead_letter_row' as const, ...row },
      { kind: 'dead_letter_state' as const, paymentId, ...stateOf(row) },
    ]),
    ingested: perConsumer(
      (consumer) =>
        new Map(
          positions
            .filter((position) => position.consumer === consumer)
            .map(({ partition, next }) => [partition, BigInt(next)]),
        ),
    ),
  };
}

// JSON has no dates. Offsets are below 2^53 here: a partition would need a million years for more.
const fromJson = (row: Record<keyof Columns, unknown>): Columns => ({
  ...(row as unknown as Columns),
  original_offset: String(row.original_offset),
  dead_lettered_at: new Date(String(row.dead_lettered_at)),
  asked_at: new Date(String(row.asked_at)),
  first_failed_at: row.first_failed_at ? new Date(row.first_failed_at as string) : null,
});

const stateOf = ({
  letter,
  state,
}: DeadLetterRow): DeadLetterState & { consumer: ConsumerName } => ({
  consumer: letter.consumer,
  state,
  ...asDeadLetter(letter),
});

const listed = ({ columns, row }: { columns: Columns; row: DeadLetterRow }): ListedDeadLetter => ({
  consumer: row.letter.consumer,
  id: columns.id,
  state: row.state,
  errorName: columns.error_name,
  attempts: columns.attempts,
  redriveCount: row.letter.redriveCount,
  firstFailedAtMs: columns.first_failed_at?.getTime() ?? null,
  deadLetteredAtMs: row.deadLetteredAtMs,
  original: asDeadLetter(row.letter).original,
});

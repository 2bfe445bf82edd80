import type { ConsumerName } from '@effectively-once/contracts';
import {
  asDeadLetter,
  type DeadLetterRow,
  type DeadLetterIdentity,
  type TopicEnds,
} from '../evidence/evidence.js';
import type { Take } from '../evidence/facts.js';
import { perConsumer } from '../evidence/assemble.js';
import { openSnapshot, rowsOf } from './postgres.js';

export interface DeadLetterColumns {
  consumer: ConsumerName;
  original_topic: string;
  original_partition: number;
  original_offset: string;
  redrive_count: number;
  payment_id: string | null;
  state: DeadLetterRow['state'];
  is_being_redriven: boolean;
  is_record_gone: boolean;
  dead_lettered_at: Date;
  asked_at: Date;
}

export const ROWS = `
  SELECT letter.consumer, original_topic, original_partition, original_offset, redrive_count,
         payment_id, state, dead_lettered_at,
         coalesce(action.kind = 'redrive' AND action.finished_at IS NULL, false) AS is_being_redriven,
         coalesce(action.asked_at, state_changed_at) AS asked_at,
         record_gone_at IS NOT NULL AS is_record_gone
    FROM console.dead_letters letter
    LEFT JOIN console.dead_letter_actions action ON action.id = letter.action_id`;

/**
 * Reads the console's table of dead letters. Each row becomes a row that I10 judges. If its payment
 * is not older than the audited part, it also becomes a state that may excuse a missing effect.
 *
 * One snapshot also gives the offsets up to which the console has ingested each dead letter topic,
 * because the console writes rows and offsets in one transaction.
 */
export async function readDeadLetterTable(
  url: string,
  take: Take<'dead_letter_row' | 'dead_letter_state'>,
  sinceMs = 0,
): Promise<Record<ConsumerName, TopicEnds>> {
  const client = await openSnapshot(url);
  try {
    for await (const columns of rowsOf<DeadLetterColumns>(client, ROWS)) {
      const row = toRow(columns);
      await take({ kind: 'dead_letter_row', ...row });
      const { letter, paymentId, state } = row;
      if (paymentId === undefined || row.deadLetteredAtMs < sinceMs) continue;
      const { consumer } = letter;
      await take({
        kind: 'dead_letter_state',
        consumer,
        paymentId,
        state,
        ...asDeadLetter(letter),
      });
    }
    const { rows } = await client.query<{
      consumer: ConsumerName;
      partition: number;
      next_offset: string;
    }>('SELECT consumer, partition, next_offset FROM console.dead_letter_positions');
    return perConsumer(
      (consumer) =>
        new Map(
          rows
            .filter((row) => row.consumer === consumer)
            .map((row) => [row.partition, BigInt(row.next_offset)]),
        ),
    );
  } finally {
    await client.end();
  }
}

/** The rows of these dead letters as of now. Dead letters without a row are left out. */
export async function readDeadLettersNow(
  url: string,
  letters: DeadLetterIdentity[],
): Promise<DeadLetterRow[]> {
  if (letters.length === 0) return [];
  const client = await openSnapshot(url);
  try {
    const sql = `${ROWS}
      WHERE (letter.consumer, original_topic, original_partition, original_offset, redrive_count) IN
        (SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::int[]))`;
    const { rows } = await client.query<DeadLetterColumns>(sql, [
      letters.map(({ consumer }) => consumer),
      letters.map(({ topic }) => topic),
      letters.map(({ partition }) => partition),
      letters.map(({ offset }) => offset.toString()),
      letters.map(({ redriveCount }) => redriveCount),
    ]);
    return rows.map(toRow);
  } finally {
    await client.end();
  }
}

export const toRow = (row: DeadLetterColumns): DeadLetterRow => ({
  letter: {
    consumer: row.consumer,
    topic: row.original_topic,
    partition: row.original_partition,
    offset: BigInt(row.original_offset),
    redriveCount: row.redrive_count,
  },
  paymentId: row.payment_id ?? undefined,
  state: row.state,
  isBeingRedriven: row.is_being_redriven,
  isRecordGone: row.is_record_gone,
  deadLetteredAtMs: row.dead_lettered_at.getTime(),
  askedAtMs: row.asked_at.getTime(),
});

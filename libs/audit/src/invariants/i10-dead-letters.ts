import { RETENTION } from '@effectively-once/contracts';
import {
  DEAD_LETTER_RETENTION_MS,
  deadLetterName,
  type DeadLetterRow,
  type DlqRecord,
  type Evidence,
  type RedriveRecord,
} from '../evidence/evidence.js';
import type { Judgement } from '../report.js';

// Kafka keeps a record for its retention by its own clock, which differs from the consumer's.
const CLOCKS_APART_MAX_MS = 3_600_000;

/**
 * I10: dead letters are conserved: dead = redriven + discarded + pending, for each consumer.
 *
 * Each record of a dead letter topic (dead letter queue) is in the console's table exactly once, in
 * exactly one state. Each one that the table calls redriven is in the redrive topic, with a redrive
 * count one higher, and no other record is there. A finding means that an operator does not see a
 * dead letter, or that it was decided twice.
 *
 * A missing record is `lost`: a dead letter that the table or the topic does not have, a redrive
 * that was never sent. The payment then has neither its effect nor a dead letter that can bring it.
 * A record that is there twice or without a decision is `other`: it can bring no second effect,
 * because the consumers absorb a second redrive.
 *
 * A dead letter that the console has not ingested is late. So is a redrive that the console has
 * sent but not yet recorded as redriven. A record without the headers of a dead letter was produced
 * into the redrive topic by hand, and is not judged.
 */
export function deadLettersAreConserved(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  for (const [letter, records] of evidence.dlqRecords) {
    const claimed = records.find(({ isClaimed }) => isClaimed);
    if (!claimed) continue;
    judgement.checked++;
    if (!evidence.deadLetterRows.has(letter)) judgeNotIngested(claimed, evidence, judgement);
  }
  for (const [letter, rows] of evidence.deadLetterRows)
    judgeRows(letter, rows, evidence, judgement);
  for (const [letter, [redrive]] of evidence.redriveRecords) {
    if (redrive) judgeRedrive(letter, redrive, evidence, judgement);
  }
  return judgement;
}

function judgeNotIngested(record: DlqRecord, { ingested }: Evidence, judgement: Judgement): void {
  const { consumer } = record.letter;
  const next = ingested[consumer].get(record.partition) ?? 0n;
  const what = `dead letter ${record.partition}-${record.offset} of ${consumer}`;
  const id = record.paymentId ?? deadLetterName(record.letter);
  if (record.offset < next) {
    const why = `${what} is not in the console's table, although later ones are ingested`;
    judgement.violated.push({ id, kind: 'lost', why });
  } else {
    const why = `${what} is not ingested by the console yet`;
    judgement.late.push({ id, kind: 'lost', why });
  }
}

function judgeRows(
  letter: string,
  rows: DeadLetterRow[],
  evidence: Evidence,
  judgement: Judgement,
): void {
  const [row] = rows;
  if (!row) return;
  const id = row.paymentId ?? letter;
  if (rows.length > 1) {
    const states = rows.map(({ state }) => state).join(', ');
    judgement.violated.push({
      id,
      kind: 'other',
      why: `${letter} is in the table ${rows.length} times: ${states}`,
    });
  }
  const diedSinceMs = evidence.cutoffMs - DEAD_LETTER_RETENTION_MS + CLOCKS_APART_MAX_MS;
  // Of a topic that was made anew the row is what is left, and it still has its one state.
  const isExpected = row.deadLetteredAtMs >= diedSinceMs && !row.isRecordGone;
  if (isExpected && !evidence.dlqRecords.has(letter)) {
    const why = `${letter} is in the table (${row.state}), and not in the dead letter topic`;
    judgement.violated.push({ id, kind: 'lost', why });
  }
  const redrivenSinceMs = evidence.cutoffMs - RETENTION.topicMs + CLOCKS_APART_MAX_MS;
  const isRedriven = row.state === 'redriven' && row.askedAtMs >= redrivenSinceMs;
  if (isRedriven && !evidence.redriveRecords.has(letter)) {
    const why = `${letter} is called redriven, but is not in the redrive topic`;
    judgement.violated.push({ id, kind: 'lost', why });
  }
}

// The row is looked up again at the end. The console sends a redrive before it records it. So a
// record in the redrive topic belongs to an action that is still open, or that has recorded it by
// now.
function judgeRedrive(
  letter: string,
  redrive: RedriveRecord,
  evidence: Evidence,
  judgement: Judgement,
): void {
  const row = evidence.laterRows.get(letter) ?? evidence.deadLetterRows.get(letter)?.[0];
  if (row?.state === 'redriven') return;
  const where = `partition ${redrive.partition}, offset ${redrive.offset} of the redrive topic`;
  const id = redrive.paymentId ?? letter;
  if (row?.state === 'pending' && row.isBeingRedriven) {
    const why = `${letter} is at ${where} and not marked redriven yet`;
    judgement.late.push({ id, kind: 'other', why });
  } else {
    const state = row ? `is ${row.state}` : 'is not in the table';
    judgement.violated.push({ id, kind: 'other', why: `${letter} is at ${where}, but ${state}` });
  }
}

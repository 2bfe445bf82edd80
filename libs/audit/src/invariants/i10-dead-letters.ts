import { RETENTION } from '@effectively-once/contracts';
import {
  DEAD_LETTERS_KEPT_MS,
  letterName,
  type DeadLetterRow,
  type DlqRecord,
  type Evidence,
  type RedriveRecord,
} from '../evidence/evidence.js';
import type { Judgement } from '../report.js';

// Kafka keeps a record for at least its retention by its own clock, which is not the consumer's.
const CLOCKS_APART_MAX_MS = 3_600_000;

/**
 * I10: dead letters are conserved. What lies in a dead-letter topic is in the console's table exactly
 * once, in exactly one state; what the table calls redriven lies in the redrive topic one count higher,
 * and nothing else lies there. Then dead = redriven + discarded + pending, for each consumer.
 *
 * Late is what the console has not taken in yet, and a redrive it has sent and not marked yet. A record
 * without the headers of a dead letter was put into the redrive topic by hand, and is not judged.
 */
export function deadLettersAreConserved(evidence: Evidence): Judgement {
  const judgement: Judgement = { checked: 0, violated: [], late: [] };
  for (const [letter, records] of evidence.dlqRecords) {
    const claimed = records.find(({ isClaimed }) => isClaimed);
    if (!claimed) continue;
    judgement.checked++;
    if (!evidence.deadLetterRows.has(letter)) judgeNotTakenIn(claimed, evidence, judgement);
  }
  for (const [letter, rows] of evidence.deadLetterRows)
    judgeRows(letter, rows, evidence, judgement);
  for (const [letter, [redrive]] of evidence.redriveRecords) {
    if (redrive) judgeRedrive(letter, redrive, evidence, judgement);
  }
  return judgement;
}

function judgeNotTakenIn(record: DlqRecord, { takenIn }: Evidence, judgement: Judgement): void {
  const { consumer } = record.letter;
  const next = takenIn[consumer].get(record.partition) ?? 0n;
  const what = `dead letter ${record.partition}-${record.offset} of ${consumer}`;
  const id = record.paymentId ?? letterName(record.letter);
  if (record.offset < next) {
    const why = `${what} is not in the console's table, which has taken in what lies behind it`;
    judgement.violated.push({ id, why });
  } else {
    judgement.late.push({ id, why: `${what} is not taken in by the console yet` });
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
      why: `${letter} is in the table ${rows.length} times: ${states}`,
    });
  }
  const diedSinceMs = evidence.cutoffMs - DEAD_LETTERS_KEPT_MS + CLOCKS_APART_MAX_MS;
  if (row.deadLetteredAtMs >= diedSinceMs && !evidence.dlqRecords.has(letter)) {
    const why = `${letter} is in the table (${row.state}), and not in the dead-letter topic`;
    judgement.violated.push({ id, why });
  }
  const redrivenSinceMs = evidence.cutoffMs - RETENTION.topicMs + CLOCKS_APART_MAX_MS;
  const isRedriven = row.state === 'redriven' && row.askedAtMs >= redrivenSinceMs;
  if (isRedriven && !evidence.redriveRecords.has(letter)) {
    const why = `${letter} is called redriven, but is not in the redrive topic`;
    judgement.violated.push({ id, why });
  }
}

// The row is asked for again at the end: a redrive goes out before it is marked, so what lies in the topic
// belongs to an action that was open then, and is open still or has marked it.
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
    judgement.late.push({ id, why: `${letter} is at ${where} and not marked redriven yet` });
  } else {
    const state = row ? `is ${row.state}` : 'is not in the table';
    judgement.violated.push({ id, why: `${letter} is at ${where}, but ${state}` });
  }
}

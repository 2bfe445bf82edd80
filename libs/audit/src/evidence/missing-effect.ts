import type { ConsumerName } from '@effectively-once/contracts';
import {
  firstPositions,
  outboxKeptSinceMs,
  topicKeptSinceMs,
  type DeadLetter,
  type ConsumerProgress,
  type Evidence,
  type Position,
} from './evidence.js';
import type { Finding } from '../report.js';

/** Why the effect of a payment is missing at a consumer. */
export type MissingEffect =
  | { outcome: 'late'; why: string }
  | { outcome: 'dead_lettered' }
  | { outcome: 'not_judged' }
  | { outcome: 'lost'; why: string };

/**
 * Explains a missing effect of one consumer, by payment id.
 *
 *   the payment is older than the audited part ────► not_judged   (a full audit judges it)
 *   its event is not in the topic yet ─────────────► late         (I3 says if it is lost)
 *   its event is at or above the committed offset ─► late
 *   its event is below that offset, or not in the topic:
 *     the consumer has not completed its redrive ──► late
 *     its dead letter has no redrive ──────────────► dead_lettered (pending, discarded, too new)
 *     neither ─────────────────────────────────────► lost
 *
 * The audit says "lost" in two cases only. Either the record is below a committed offset that was
 * read *before* the effects and the dead letters: the consumer commits last, so one of them had to
 * exist. Or the slot has passed the event, and the topic did not contain it afterwards.
 */
export function missingEffectsOf(consumer: ConsumerName, evidence: Evidence) {
  const progress = evidence.progress[consumer];
  const positions = firstPositions(evidence);
  const keptSinceMs = topicKeptSinceMs(evidence);
  // While the outbox keeps the event's row, I3 reports a lost event. For an older event, only this
  // check does.
  const mayArriveSinceMs = evidence.slotPassedSnapshot ? outboxKeptSinceMs(evidence) : keptSinceMs;

  return (paymentId: string, completedAtMs: number): MissingEffect => {
    if (completedAtMs < (evidence.sinceMs ?? 0)) return { outcome: 'not_judged' };
    const position = positions.get(paymentId);
    if (!position && completedAtMs >= mayArriveSinceMs) {
      return { outcome: 'late', why: 'its event is not in the topic yet' };
    }
    if (position && !isCommitted(progress.committed, position)) {
      return { outcome: 'late', why: `${consumer} has not reached ${describe(position)}` };
    }
    const redrives = progress.redrives.get(paymentId) ?? [];
    const waiting = redrives.find((redrive) => !isCommitted(progress.redriveCommitted, redrive));
    if (waiting) {
      const why = `${consumer} has not reached its redrive at ${describe(waiting)}`;
      return { outcome: 'late', why };
    }
    if (hasOpenDeadLetter(progress, paymentId)) return { outcome: 'dead_lettered' };
    if (!position && completedAtMs >= keptSinceMs) {
      return {
        outcome: 'lost',
        why: 'the slot has moved past its event, which is not in the topic',
      };
    }
    const where = position ? `its event at ${describe(position)}` : 'its event, which has aged out';
    return { outcome: 'lost', why: `${consumer} has completed ${where}` };
  };
}

/** Adds the finding for a missing effect, if there is one. */
export function reportMissingEffect(
  effect: string,
  missing: MissingEffect,
  id: string,
  judgement: { violated: Finding[]; late: Finding[] },
): void {
  switch (missing.outcome) {
    case 'late':
      judgement.late.push({ id, kind: 'lost', why: `no ${effect} yet: ${missing.why}` });
      return;
    case 'lost':
      judgement.violated.push({ id, kind: 'lost', why: `no ${effect}, though ${missing.why}` });
      return;
    case 'dead_lettered':
    case 'not_judged':
      return;
    default:
      missing satisfies never;
  }
}

const isCommitted = (committed: Map<number, bigint>, { partition, offset }: Position) =>
  (committed.get(partition) ?? -1n) > offset;

// A dead letter has been redriven if the redrive topic has a record one redrive count higher, or if
// the console's table says so. Both topics and the table are needed:
// - The redrive topic keeps its records for 3 days. With the topic alone, the dead letter would
//   excuse a missing effect for 27 more days, although the redrive failed to produce it.
// - The dead letter topic keeps its records for 30 days. With the topic alone, a discarded payment
//   would be reported as lost after that.
// - The table does not have the newest records, because the console has not ingested them yet.
function hasOpenDeadLetter(progress: ConsumerProgress, paymentId: string): boolean {
  const redrives = progress.redrives.get(paymentId) ?? [];
  const states = progress.deadLetterStates.get(paymentId) ?? [];
  const redriven = [
    ...redrives.map((redrive) => ({ ...redrive, redriveCount: redrive.redriveCount - 1 })),
    ...states.filter(({ state }) => state === 'redriven'),
  ];
  const letters = [...(progress.deadLetters.get(paymentId) ?? []), ...states];
  return letters.some((letter) => !redriven.some((one) => isSame(one, letter)));
}

const isSame = (one: DeadLetter, other: DeadLetter) =>
  one.original === other.original && one.redriveCount === other.redriveCount;

const describe = ({ partition, offset }: Position) => `partition ${partition}, offset ${offset}`;

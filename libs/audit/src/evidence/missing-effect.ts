import type { ConsumerName } from '@effectively-once/contracts';
import {
  firstPositions,
  outboxKeptSinceMs,
  topicKeptSinceMs,
  type DeadLetter,
  type Delivery,
  type Evidence,
  type Position,
} from './evidence.js';
import type { Finding } from '../report.js';

/** What a consumer owes a payment whose effect is nowhere to be found. */
export type Turn =
  | { outcome: 'late'; why: string }
  | { outcome: 'dead_lettered' }
  | { outcome: 'not_judged' }
  | { outcome: 'lost'; why: string };

/**
 * Whose turn it was when an effect is missing, per payment id.
 *
 *   older than what this audit looks at ────────────► not_judged      (the full one does)
 *   not in the topic yet, or lost and I3 says so ───► late
 *   in the topic, at or above the committed offset ─► late
 *   below it, or not in the topic:
 *     a redrive the consumer has not settled ───────► late
 *     a dead letter nobody has redriven ────────────► dead_lettered   (pending, discarded, or too new)
 *     neither ──────────────────────────────────────► lost
 *
 * "Lost" is only said of a record below an offset that was read *before* the effects and the dead
 * letters: the consumer commits last, so by then one of them had to be there. Or of an event that the
 * slot has passed, and that was not in the topic afterwards.
 */
export function turnsAt(consumer: ConsumerName, evidence: Evidence) {
  const delivery = evidence.deliveries[consumer];
  const positions = firstPositions(evidence);
  const keptSinceMs = topicKeptSinceMs(evidence);
  // Of an event whose row the outbox still keeps I3 says whether it is lost; of an older one nobody else does.
  const mayComeSinceMs = evidence.slotPassedSnapshot ? outboxKeptSinceMs(evidence) : keptSinceMs;

  return (paymentId: string, completedAtMs: number): Turn => {
    if (completedAtMs < (evidence.sinceMs ?? 0)) return { outcome: 'not_judged' };
    const position = positions.get(paymentId);
    if (!position && completedAtMs >= mayComeSinceMs) {
      return { outcome: 'late', why: 'its event is not in the topic yet' };
    }
    if (position && !isSettled(delivery.committed, position)) {
      return { outcome: 'late', why: `${consumer} has not reached ${describe(position)}` };
    }
    const redrives = delivery.redrives.get(paymentId) ?? [];
    const waiting = redrives.find((redrive) => !isSettled(delivery.redriveCommitted, redrive));
    if (waiting) {
      const why = `${consumer} has not reached its redrive at ${describe(waiting)}`;
      return { outcome: 'late', why };
    }
    if (hasOpenDeadLetter(delivery, paymentId)) return { outcome: 'dead_lettered' };
    if (!position && completedAtMs >= keptSinceMs) {
      return {
        outcome: 'lost',
        why: 'the slot has moved past its event, which is not in the topic',
      };
    }
    const where = position ? `its event at ${describe(position)}` : 'its event, which has aged out';
    return { outcome: 'lost', why: `${consumer} has settled ${where}` };
  };
}

/** Files a missing effect under what the consumer's turn says of it. */
export function fileMissing(
  effect: string,
  turn: Turn,
  id: string,
  judgement: { violated: Finding[]; late: Finding[] },
): void {
  switch (turn.outcome) {
    case 'late':
      judgement.late.push({ id, why: `no ${effect} yet: ${turn.why}` });
      return;
    case 'lost':
      judgement.violated.push({ id, why: `no ${effect}, though ${turn.why}` });
      return;
    case 'dead_lettered':
    case 'not_judged':
      return;
    default:
      turn satisfies never;
  }
}

const isSettled = (committed: Map<number, bigint>, { partition, offset }: Position) =>
  (committed.get(partition) ?? -1n) > offset;

// A dead letter was redriven when a record one count higher is in the redrive topic, or the table says so.
// The topic alone would forget it after three days, and the letter would excuse for twenty-seven more what
// the redrive never brought. Of the letters too the table knows those that have left their topic: what was
// discarded would be lost after thirty days. The topics alone know what the console has not come to.
function hasOpenDeadLetter(delivery: Delivery, paymentId: string): boolean {
  const redrives = delivery.redrives.get(paymentId) ?? [];
  const states = delivery.deadLetterStates.get(paymentId) ?? [];
  const redriven = [
    ...redrives.map((redrive) => ({ ...redrive, redriveCount: redrive.redriveCount - 1 })),
    ...states.filter(({ state }) => state === 'redriven'),
  ];
  const letters = [...(delivery.deadLetters.get(paymentId) ?? []), ...states];
  return letters.some((letter) => !redriven.some((one) => isSame(one, letter)));
}

const isSame = (one: DeadLetter, other: DeadLetter) =>
  one.original === other.original && one.redriveCount === other.redriveCount;

const describe = ({ partition, offset }: Position) => `partition ${partition}, offset ${offset}`;

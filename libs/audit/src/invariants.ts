import type { Evidence } from './evidence/evidence.js';
import { whatGrowsIsBounded, type Bounded } from './invariants/i12-bounds.js';
import { everyPaymentIsCapturedOnce } from './invariants/i05-captures.js';
import { deadLettersAreConserved } from './invariants/i10-dead-letters.js';
import { everyPaymentHasItsDocument } from './invariants/i08-documents.js';
import { effectsHappenInOrder, type OrderedEvent } from './invariants/i09-order.js';
import {
  everyOutboxRowHasItsPayment,
  everyPaymentHasOneOutboxRow,
} from './invariants/i01-i02-outbox.js';
import { everyPaymentEarnsPointsOnce } from './invariants/i06-points.js';
import { everyPaymentIsReceipted } from './invariants/i07-receipts.js';
import { everyKeyHasOneAnswer } from './invariants/i11-responses.js';
import { everyPaymentIsSettledInTime } from './invariants/i04-settle-limit.js';
import { topicHoldsTheOutbox } from './invariants/i03-topic.js';
import type { Judgement } from './report.js';

/** A statement about all stores together that is true at every cut-off, whatever died on the way. */
export interface Invariant<About> {
  id: string;
  title: string;
  judge: (about: About) => Judgement;
}

/** Judged of some payments at a time, each with everything that any store knows about it. */
export const OF_PAYMENTS: readonly Invariant<Evidence>[] = [
  {
    id: 'I1',
    title: 'every completed payment has exactly one outbox row',
    judge: everyPaymentHasOneOutboxRow,
  },
  {
    id: 'I2',
    title: 'every outbox row belongs to a completed payment',
    judge: everyOutboxRowHasItsPayment,
  },
  {
    id: 'I3',
    title: 'every outbox event is in the topic, and nothing else is',
    judge: topicHoldsTheOutbox,
  },
  {
    id: 'I4',
    title: 'no payment is open for longer than the settle limit',
    judge: everyPaymentIsSettledInTime,
  },
  {
    id: 'I5',
    title: 'the PSP holds one capture per completed payment, same amount',
    judge: everyPaymentIsCapturedOnce,
  },
  {
    id: 'I6',
    title: 'every payment earned its points once; balances add up',
    judge: everyPaymentEarnsPointsOnce,
  },
  {
    id: 'I7',
    title: 'every payment was mailed a receipt; a second only if declared',
    judge: everyPaymentIsReceipted,
  },
  {
    id: 'I8',
    title: 'every payment has one document of its version and amount, and no other',
    judge: everyPaymentHasItsDocument,
  },
  {
    id: 'I10',
    title: 'every dead letter is in one state, and redriven if it says so',
    judge: deadLettersAreConserved,
  },
  {
    id: 'I11',
    title: 'every key has one stored answer that tells the truth',
    judge: everyKeyHasOneAnswer,
  },
];

/** Judged once. */
export const OF_THE_SYSTEM: readonly Invariant<Bounded>[] = [
  {
    id: 'I12',
    title: 'slot lag, parked keys and windows are within their bounds',
    judge: whatGrowsIsBounded,
  },
];

/** Judged of some users at a time, each with all events. */
export const OF_USERS: readonly Invariant<OrderedEvent[]>[] = [
  {
    id: 'I9',
    title: "a user's effects first happened in the order of the payments",
    judge: effectsHappenInOrder,
  },
];

import type { Evidence } from './evidence/evidence.js';
import {
  everyOutboxRowHasItsPayment,
  everyPaymentHasOneOutboxRow,
} from './invariants/i01-i02-outbox.js';
import { topicMatchesTheOutbox } from './invariants/i03-topic.js';
import { everyPaymentIsFinalInTime } from './invariants/i04-settle-limit.js';
import { everyPaymentIsCapturedOnce } from './invariants/i05-captures.js';
import { everyPaymentEarnsPointsOnce } from './invariants/i06-points.js';
import { everyPaymentHasItsReceipts } from './invariants/i07-receipts.js';
import { everyPaymentHasItsDocument } from './invariants/i08-documents.js';
import { effectsHappenInOrder, type OrderedEvent } from './invariants/i09-order.js';
import { deadLettersAreConserved } from './invariants/i10-dead-letters.js';
import { everyKeyHasOneResponse } from './invariants/i11-responses.js';
import { resourcesAreBounded, type BoundedResources } from './invariants/i12-bounds.js';
import type { Judgement } from './report.js';

/**
 * A statement about all stores together. It is true at every cut-off, whichever process has
 * crashed. Each invariant stands in the file that has its id in its name:
 * invariants/i05-captures.ts is I5.
 */
export interface Invariant<About> {
  id: string;
  title: string;
  judge: (about: About) => Judgement;
}

/** Judged one bucket of payments at a time, with everything that any store knows about them. */
export const PAYMENT_INVARIANTS: readonly Invariant<Evidence>[] = [
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
    judge: topicMatchesTheOutbox,
  },
  {
    id: 'I4',
    title: 'no payment is open for longer than the settle limit',
    judge: everyPaymentIsFinalInTime,
  },
  {
    id: 'I5',
    title: 'the PSP holds one capture per completed payment, same amount',
    judge: everyPaymentIsCapturedOnce,
  },
  {
    id: 'I6',
    title: 'every payment has one points entry; every balance is the sum of entries',
    judge: everyPaymentEarnsPointsOnce,
  },
  {
    id: 'I7',
    title: 'every payment has a receipt; a second one only if declared before',
    judge: everyPaymentHasItsReceipts,
  },
  {
    id: 'I8',
    title: 'every payment has one document of its version and amount, and no other',
    judge: everyPaymentHasItsDocument,
  },
  {
    id: 'I10',
    title: 'every dead letter is in exactly one state; each redriven one was sent',
    judge: deadLettersAreConserved,
  },
  {
    id: 'I11',
    title: 'every key has one stored response, which agrees with its payment',
    judge: everyKeyHasOneResponse,
  },
];

/** Judged once per audit. */
export const SYSTEM_INVARIANTS: readonly Invariant<BoundedResources>[] = [
  {
    id: 'I12',
    title: 'slot lag, parked keys and records in flight are within their bounds',
    judge: resourcesAreBounded,
  },
];

/** Judged one bucket of users at a time, with all events of each user. */
export const USER_INVARIANTS: readonly Invariant<OrderedEvent[]>[] = [
  {
    id: 'I9',
    title: "a user's effects first happened in the order of the payments",
    judge: effectsHappenInOrder,
  },
];

import type { ConsumerName } from '@effectively-once/contracts';
import {
  deadLetterName,
  type Charge,
  type DeadLetter,
  type DeadLetterRow,
  type DeadLetterState,
  type DlqRecord,
  type OutboxRow,
  type PaymentRow,
  type PointsEntryRow,
  type PublishedRecord,
  type Redrive,
  type RedriveRecord,
  type SearchDocument,
  type StoredResponse,
  type UnbalancedAccount,
} from './evidence.js';

interface FactKinds {
  payment: PaymentRow & { id: string };
  outbox_row: OutboxRow;
  stored_response: StoredResponse;
  record: PublishedRecord;
  dead_letter: DeadLetter & { consumer: ConsumerName; paymentId: string };
  dead_letter_state: DeadLetterState & { consumer: ConsumerName; paymentId: string };
  redrive: Redrive & { consumer: ConsumerName; paymentId: string };
  /** `at` grows from effect to effect within that consumer's store. */
  points_entry: PointsEntryRow & { paymentId: string; at: number };
  unbalanced_account: UnbalancedAccount;
  receipt: { paymentId: string; at: number };
  maybe_duplicate: { paymentId: string };
  document: SearchDocument & { paymentId: string; at: number };
  charge: Charge;
  dlq_record: DlqRecord;
  redrive_record: RedriveRecord;
  dead_letter_row: DeadLetterRow;
}

type Kind = keyof FactKinds;
export type FactOf<K extends Kind> = K extends Kind ? { kind: K } & FactKinds[K] : never;
/** One item of evidence from one store. */
export type Fact = FactOf<Kind>;

/** Receives the facts of a reading, one after the other. The reading awaits it (backpressure). */
export type Take<K extends Kind> = (fact: FactOf<K>) => Promise<void> | void;

/**
 * The key that a fact is partitioned by: all facts about one payment share it, and so their bucket.
 */
export function keyOf(fact: Fact): string {
  switch (fact.kind) {
    case 'payment':
      return fact.id;
    case 'outbox_row':
    case 'stored_response':
    case 'dead_letter':
    case 'dead_letter_state':
    case 'redrive':
    case 'points_entry':
    case 'receipt':
    case 'maybe_duplicate':
    case 'document':
      return fact.paymentId;
    case 'record':
    case 'charge':
      return fact.paymentId ?? '';
    case 'unbalanced_account':
      return fact.userId;
    case 'dlq_record':
    case 'redrive_record':
    case 'dead_letter_row':
      return deadLetterName(fact.letter);
    default:
      return fact satisfies never;
  }
}

import type { ConsumerName } from '@effectively-once/contracts';
import {
  letterName,
  type Charge,
  type DeadLetter,
  type DeadLetterRow,
  type DeadLetterState,
  type DlqRecord,
  type OutboxRow,
  type Payment,
  type PointsEntry,
  type PublishedRecord,
  type Redrive,
  type RedriveRecord,
  type SearchDocument,
  type StoredResponse,
  type UnbalancedAccount,
} from './evidence.js';

interface FactKinds {
  payment: Payment & { id: string };
  outbox_row: OutboxRow;
  stored_response: StoredResponse;
  record: PublishedRecord;
  dead_letter: DeadLetter & { consumer: ConsumerName; paymentId: string };
  dead_letter_state: DeadLetterState & { consumer: ConsumerName; paymentId: string };
  redrive: Redrive & { consumer: ConsumerName; paymentId: string };
  /** `at` grows from effect to effect within that consumer's store. */
  points_entry: PointsEntry & { paymentId: string; at: number };
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
/** One thing that one store knows. */
export type Fact = FactOf<Kind>;

/** Where a reading puts what it reads, one fact after the other; awaited, so that nothing piles up. */
export type Take<K extends Kind> = (fact: FactOf<K>) => Promise<void> | void;

/** What a fact is judged with: everything about one payment lies in one bucket. */
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
      return letterName(fact.letter);
    default:
      return fact satisfies never;
  }
}

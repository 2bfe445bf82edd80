import { PAYMENT_COMPLETED, type ConsumerName } from '@effectively-once/contracts';
import type { Delivery, OutboxRow, PaymentStatus } from './evidence.js';
import type { Take } from './facts.js';
import { readDocuments } from './readers/documents.js';
import { readCharges, readReceipts } from './readers/journals.js';
import { readDeadLetters, readOffsets, readPublished, readRedrives } from './readers/kafka.js';
import { readMaybeDuplicates } from './readers/maybe-duplicates.js';
import {
  countPayments,
  readOutboxNow,
  readPaymentsSnapshot,
  readStatusesNow,
  slotHasPassed,
  type SnapshotNotes,
} from './readers/payments.js';
import { readPoints } from './readers/points.js';
import { openSnapshot } from './readers/postgres.js';
import { reading } from './unreadable-store.js';

/** Where every store is. The databases are read as role auditor, which can write none of them. */
export interface Sources {
  paymentsUrl: string;
  loyaltyUrl: string;
  kafkaBrokers: string[];
  redisUrl: string;
  elasticsearchUrl: string;
  thirdPartiesUrl: string;
}

/**
 * What the auditor can read, one reading each. None is held in memory: each fact is given away as it
 * comes. Their order is decided in collect-evidence.ts alone.
 */
export interface Stores {
  /** As of the instant that paymentsSnapshot sees. */
  countPayments(): Promise<number>;
  /** As of one instant. Taken once. */
  paymentsSnapshot(
    take: Take<'payment' | 'outbox_row' | 'stored_response'>,
  ): Promise<SnapshotNotes>;
  /** Whether the connector has confirmed everything before this position of the log. */
  slotHasPassed(walPosition: string): Promise<boolean>;
  /** From where an earlier reading ended; answers where this one did. */
  published(from: TopicEnds, take: Take<'record'>): Promise<TopicEnds>;
  offsets(consumer: ConsumerName): Promise<Pick<Delivery, 'committed' | 'redriveCommitted'>>;
  deadLetters(consumer: ConsumerName, take: Take<'dead_letter'>): Promise<void>;
  redrives(consumer: ConsumerName, take: Take<'redrive'>): Promise<void>;
  points(take: Take<'points_entry' | 'unbalanced_account'>): Promise<void>;
  receipts(take: Take<'receipt'>): Promise<void>;
  maybeDuplicates(take: Take<'maybe_duplicate'>): Promise<void>;
  documents(take: Take<'document'>): Promise<{ reindexedBeforeMs: number | undefined }>;
  charges(take: Take<'charge'>): Promise<void>;
  /** The status each payment has now; one that does not exist is left out. */
  statusesNow(paymentIds: string[]): Promise<Map<string, PaymentStatus>>;
  /** The outbox row each event has now; one without a row is left out. */
  outboxNow(eventIds: string[]): Promise<Map<string, OutboxRow>>;
}

/** Partition → the offset of the next record. */
export type TopicEnds = ReadonlyMap<number, bigint>;

/** Opens the real stores. Every reading throws UnreadableStore with the name of its store. */
export async function openStores(
  sources: Sources,
): Promise<Stores & { close: () => Promise<void> }> {
  const {
    loyaltyUrl,
    kafkaBrokers: brokers,
    redisUrl,
    elasticsearchUrl,
    thirdPartiesUrl,
  } = sources;
  const fromPayments = <Result>(read: () => Promise<Result>) =>
    reading('the payments database', read);
  const fromKafka = <Result>(read: () => Promise<Result>) => reading('Kafka', read);
  const payments = await fromPayments(() => openSnapshot(sources.paymentsUrl));
  return {
    countPayments: () => fromPayments(() => countPayments(payments)),
    paymentsSnapshot: (take) => fromPayments(() => readPaymentsSnapshot(payments, take)),
    slotHasPassed: (position) => fromPayments(() => slotHasPassed(payments, position)),
    published: (from, take) =>
      fromKafka(() => readPublished({ brokers, topic: PAYMENT_COMPLETED, from }, take)),
    offsets: (consumer) => fromKafka(() => readOffsets(brokers, consumer)),
    deadLetters: (consumer, take) => fromKafka(() => readDeadLetters(brokers, consumer, take)),
    redrives: (consumer, take) => fromKafka(() => readRedrives(brokers, consumer, take)),
    points: (take) => reading('the loyalty database', () => readPoints(loyaltyUrl, take)),
    receipts: (take) =>
      reading("the mail provider's journal", () => readReceipts(thirdPartiesUrl, take)),
    maybeDuplicates: (take) => reading('Redis', () => readMaybeDuplicates(redisUrl, take)),
    documents: (take) => reading('the search index', () => readDocuments(elasticsearchUrl, take)),
    charges: (take) => reading("the PSP's journal", () => readCharges(thirdPartiesUrl, take)),
    statusesNow: (ids) => fromPayments(() => readStatusesNow(payments, ids)),
    outboxNow: (ids) => fromPayments(() => readOutboxNow(payments, ids)),
    close: () => payments.end(),
  };
}

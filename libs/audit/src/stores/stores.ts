import { PAYMENT_COMPLETED, type ConsumerName } from '@effectively-once/contracts';
import type {
  DeadLetterRow,
  Delivery,
  Letter,
  OutboxRow,
  PaymentStatus,
} from '../evidence/evidence.js';
import type { Take } from '../evidence/facts.js';
import { readDeadLettersNow, readDeadLetterTable } from './dead-letters.js';
import { readDocuments } from './documents.js';
import { readCharges, readChargesOf, readReceipts, readReceiptsOf } from './journals.js';
import { readDeadLetters, readOffsets, readPublished, readRedrives } from './kafka.js';
import { readMaybeDuplicates } from './maybe-duplicates.js';
import {
  countPayments,
  readOutboxNow,
  readCompletedBefore,
  readPaymentsById,
  readPaymentsSnapshot,
  readSlotLag,
  readStatusesNow,
  slotHasPassed,
  type SnapshotNotes,
} from './payments.js';
import { readPoints } from './points.js';
import { openSnapshot } from './postgres.js';
import { readWindows, type Windows } from './windows.js';
import { reading } from './unreadable-store.js';

/** Where every store is. The databases are read as role auditor, which can write none of them. */
export interface Sources {
  paymentsUrl: string;
  loyaltyUrl: string;
  consoleUrl: string;
  kafkaBrokers: string[];
  redisUrl: string;
  elasticsearchUrl: string;
  thirdPartiesUrl: string;
  /** Of the consumers themselves, for how full their windows are. */
  consumerUrls: Record<ConsumerName, string>;
}

/**
 * What the auditor can read, one reading each. None is held in memory: each fact is given away as it
 * comes. Their order is decided in collect-evidence.ts alone.
 */
export interface Stores {
  /** How much log the slot holds back, in bytes; undefined when there is no slot, or it has been given up. */
  slotLag(): Promise<number | undefined>;
  /** What a consumer holds in memory; undefined when it does not answer. */
  windows(consumer: ConsumerName): Promise<Windows | undefined>;
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
  /** As of one instant; answers up to where the console has taken in each dead-letter topic. */
  deadLetterTable(
    take: Take<'dead_letter_row' | 'dead_letter_state'>,
  ): Promise<Record<ConsumerName, TopicEnds>>;
  deadLetters(consumer: ConsumerName, take: Take<'dead_letter' | 'dlq_record'>): Promise<void>;
  redrives(consumer: ConsumerName, take: Take<'redrive' | 'redrive_record'>): Promise<void>;
  points(take: Take<'points_entry' | 'unbalanced_account'>): Promise<void>;
  receipts(take: Take<'receipt'>): Promise<void>;
  maybeDuplicates(take: Take<'maybe_duplicate'>): Promise<void>;
  documents(take: Take<'document'>): Promise<{ reindexedBeforeMs: number | undefined }>;
  charges(take: Take<'charge'>): Promise<void>;
  /** Everything the PSP did about payments that completed since then, and were captured before. */
  chargesOf(paymentIds: string[], take: Take<'charge'>): Promise<void>;
  /** Everything that may be there twice about payments older than that. In the same order as the rest. */
  older(
    paymentIds: string[],
    take: Take<'charge' | 'receipt' | 'maybe_duplicate' | 'payment' | 'outbox_row'>,
  ): Promise<void>;
  /** The status each payment has now; one that does not exist is left out. */
  statusesNow(paymentIds: string[]): Promise<Map<string, PaymentStatus>>;
  /** The outbox row each event has now; one without a row is left out. */
  outboxNow(eventIds: string[]): Promise<Map<string, OutboxRow>>;
  /** The row each dead letter has now; one without a row is left out. */
  deadLettersNow(letters: Letter[]): Promise<DeadLetterRow[]>;
}

/** Partition → the offset of the next record. */
export type TopicEnds = ReadonlyMap<number, bigint>;

/**
 * Opens the real stores, or only the part of them that was written since then: of the databases, the
 * payments' topic, the journals and the index. Every reading throws UnreadableStore with the store's name.
 */
export async function openStores(
  sources: Sources,
  { sinceMs }: { sinceMs?: number | undefined } = {},
): Promise<Stores & { close: () => Promise<void> }> {
  const { loyaltyUrl, consoleUrl, redisUrl, elasticsearchUrl, thirdPartiesUrl } = sources;
  const { kafkaBrokers: brokers } = sources;
  const fromPayments = <Result>(read: () => Promise<Result>) =>
    reading('the payments database', read);
  const fromKafka = <Result>(read: () => Promise<Result>) => reading('Kafka', read);
  const fromConsole = <Result>(read: () => Promise<Result>) =>
    reading('the console database', read);
  const payments = await fromPayments(() => openSnapshot(sources.paymentsUrl));
  return {
    slotLag: () => fromPayments(() => readSlotLag(payments)),
    windows: (consumer) => readWindows(sources.consumerUrls[consumer], consumer),
    countPayments: () => fromPayments(() => countPayments(payments, sinceMs)),
    paymentsSnapshot: (take) => fromPayments(() => readPaymentsSnapshot(payments, take, sinceMs)),
    slotHasPassed: (position) => fromPayments(() => slotHasPassed(payments, position)),
    published: (from, take) =>
      fromKafka(() => readPublished({ brokers, topic: PAYMENT_COMPLETED, from, sinceMs }, take)),
    offsets: (consumer) => fromKafka(() => readOffsets(brokers, consumer)),
    deadLetterTable: (take) => fromConsole(() => readDeadLetterTable(consoleUrl, take, sinceMs)),
    deadLetters: (consumer, take) => fromKafka(() => readDeadLetters(brokers, consumer, take)),
    redrives: (consumer, take) => fromKafka(() => readRedrives(brokers, consumer, take)),
    points: (take) => reading('the loyalty database', () => readPoints(loyaltyUrl, take, sinceMs)),
    receipts: (take) =>
      reading("the mail provider's journal", () => readReceipts(thirdPartiesUrl, take, sinceMs)),
    maybeDuplicates: (take) => reading('Redis', () => readMaybeDuplicates(redisUrl, take)),
    documents: (take) =>
      reading('the search index', () => readDocuments(elasticsearchUrl, take, sinceMs)),
    charges: (take) =>
      reading("the PSP's journal", () => readCharges(thirdPartiesUrl, take, sinceMs)),
    chargesOf: (ids, take) =>
      reading("the PSP's journal", () => readChargesOf(thirdPartiesUrl, ids, take)),
    older: async (named, take) => {
      // Most of what is named and was not read has only just completed: nobody need look for more of it.
      const ids = await fromPayments(() => readCompletedBefore(payments, named, sinceMs ?? 0));
      if (ids.length === 0) return;
      const asked = new Set(ids);
      await reading("the PSP's journal", () => readChargesOf(thirdPartiesUrl, ids, take));
      await reading("the mail provider's journal", () =>
        readReceiptsOf(thirdPartiesUrl, ids, take),
      );
      await reading('Redis', () =>
        readMaybeDuplicates(redisUrl, (send) =>
          asked.has(send.paymentId) ? take(send) : undefined,
        ),
      );
      await fromPayments(() => readPaymentsById(payments, ids, take));
    },
    statusesNow: (ids) => fromPayments(() => readStatusesNow(payments, ids)),
    outboxNow: (ids) => fromPayments(() => readOutboxNow(payments, ids)),
    deadLettersNow: (letters) => fromConsole(() => readDeadLettersNow(consoleUrl, letters)),
    close: () => payments.end(),
  };
}

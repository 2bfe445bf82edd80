import { PAYMENT_COMPLETED, type ConsumerName } from '@effectively-once/contracts';
import type {
  DeadLetterRow,
  ConsumerProgress,
  DeadLetterIdentity,
  OutboxRow,
  PaymentRowStatus,
  RefundDebt,
  TopicEnds,
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
  readDebtsNow,
  readPaymentsById,
  readPaymentsSnapshot,
  readSlotLag,
  readStatusesNow,
  slotHasPassed,
  type SnapshotInfo,
} from './payments.js';
import { readPoints } from './points.js';
import { openSnapshot } from './postgres.js';
import { readConsumerState, type ConsumerState } from './consumer-state.js';
import { reading } from './unreadable-store.js';

/** Addresses of all stores. The databases are read as role auditor, which cannot write. */
export interface Sources {
  paymentsUrl: string;
  loyaltyUrl: string;
  consoleUrl: string;
  kafkaBrokers: string[];
  redisUrl: string;
  elasticsearchUrl: string;
  thirdPartiesUrl: string;
  /** The consumers themselves, for how many records they hold. */
  consumerUrls: Record<ConsumerName, string>;
}

/**
 * All readings of the audit, one method each. A reading passes each fact to `take` as it arrives,
 * and holds none in memory. Only collect-evidence.ts decides their order.
 */
export interface Stores {
  /**
   * How much log the slot retains, in bytes; undefined if there is no slot or it is invalidated.
   */
  slotLag(): Promise<number | undefined>;
  /** What a consumer holds in memory; undefined if it does not answer. */
  consumerState(consumer: ConsumerName): Promise<ConsumerState | undefined>;
  /** In the snapshot that paymentsSnapshot reads. */
  countPayments(): Promise<number>;
  /** One snapshot. Call it once. */
  paymentsSnapshot(take: Take<'payment' | 'outbox_row' | 'stored_response'>): Promise<SnapshotInfo>;
  /** Whether the connector has confirmed everything before this position of the log. */
  slotHasPassed(walPosition: string): Promise<boolean>;
  /** Reads from the end of an earlier reading; returns its own end. */
  published(from: TopicEnds, take: Take<'record'>): Promise<TopicEnds>;
  offsets(
    consumer: ConsumerName,
  ): Promise<Pick<ConsumerProgress, 'committed' | 'redriveCommitted'>>;
  /** One snapshot; returns up to which offset the console has ingested each dead letter topic. */
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
  /** All charges of payments that completed in the audited part and may be captured before it. */
  chargesOf(paymentIds: string[], take: Take<'charge'>): Promise<void>;
  /**
   * All evidence that may be duplicated, of payments older than the part. Same order as the rest.
   */
  older(
    paymentIds: string[],
    take: Take<'charge' | 'receipt' | 'maybe_duplicate' | 'payment' | 'outbox_row'>,
  ): Promise<void>;
  /** The status of each payment as of now. Missing payments are left out. */
  statusesNow(paymentIds: string[]): Promise<Map<string, PaymentRowStatus>>;
  /** What payments still owes or expects for each capture. Captures without a debt are left out. */
  debtsNow(captures: string[]): Promise<Map<string, RefundDebt>>;
  /** The outbox row of each event as of now. Events without a row are left out. */
  outboxNow(eventIds: string[]): Promise<Map<string, OutboxRow>>;
  /** The row of each dead letter as of now. Dead letters without a row are left out. */
  deadLettersNow(letters: DeadLetterIdentity[]): Promise<DeadLetterRow[]>;
}

/**
 * Opens the real stores. With `sinceMs`, the databases, the payment topic, the journals and the
 * index are read only from then on. Every reading throws UnreadableStore with the store's name.
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
    consumerState: (consumer) => readConsumerState(sources.consumerUrls[consumer], consumer),
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
      // Most payments that are named and were not read have just completed. They need no look-up.
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
    debtsNow: (captures) => fromPayments(() => readDebtsNow(payments, captures)),
    outboxNow: (ids) => fromPayments(() => readOutboxNow(payments, ids)),
    deadLettersNow: (letters) => fromConsole(() => readDeadLettersNow(consoleUrl, letters)),
    close: () => payments.end(),
  };
}

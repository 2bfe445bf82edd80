import { PAYMENT_COMPLETED, type ConsumerName } from '@effectively-once/contracts';
import type { Delivery, Evidence, OutboxRow, PaymentStatus } from './evidence.js';
import { readDocuments, type Documents } from './readers/documents.js';
import { readCharges, readReceipts, type Receipts } from './readers/journals.js';
import { readDeadLetters, readOffsets, readPublished, readRedrives } from './readers/kafka.js';
import { readMaybeDuplicates } from './readers/maybe-duplicates.js';
import {
  readOutboxNow,
  readPaymentsSnapshot,
  readStatusesNow,
  slotHasPassed,
  type PaymentsSnapshot,
} from './readers/payments.js';
import { readPoints, type Points } from './readers/points.js';
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

/** What the auditor can read, one reading each. Their order is decided in collect-evidence.ts alone. */
export interface Stores {
  /** As of one instant. Taken once. */
  paymentsSnapshot(): Promise<PaymentsSnapshot>;
  /** Whether the connector has confirmed everything before this position of the log. */
  slotHasPassed(walPosition: string): Promise<boolean>;
  published(): Promise<Evidence['published']>;
  offsets(consumer: ConsumerName): Promise<Pick<Delivery, 'committed' | 'redriveCommitted'>>;
  deadLetters(consumer: ConsumerName): Promise<Delivery['deadLetters']>;
  redrives(consumer: ConsumerName): Promise<Delivery['redrives']>;
  points(): Promise<Points>;
  receipts(): Promise<Receipts>;
  maybeDuplicates(): Promise<Evidence['maybeDuplicates']>;
  documents(): Promise<Documents>;
  charges(): Promise<Evidence['charges']>;
  /** The status each payment has now; one that does not exist is left out. */
  statusesNow(paymentIds: string[]): Promise<Map<string, PaymentStatus>>;
  /** The outbox row each event has now; one without a row is left out. */
  outboxNow(eventIds: string[]): Promise<Map<string, OutboxRow>>;
}

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
    paymentsSnapshot: () => fromPayments(() => readPaymentsSnapshot(payments)),
    slotHasPassed: (position) => fromPayments(() => slotHasPassed(payments, position)),
    published: () => fromKafka(() => readPublished(brokers, PAYMENT_COMPLETED)),
    offsets: (consumer) => fromKafka(() => readOffsets(brokers, consumer)),
    deadLetters: (consumer) => fromKafka(() => readDeadLetters(brokers, consumer)),
    redrives: (consumer) => fromKafka(() => readRedrives(brokers, consumer)),
    points: () => reading('the loyalty database', () => readPoints(loyaltyUrl)),
    receipts: () => reading("the mail provider's journal", () => readReceipts(thirdPartiesUrl)),
    maybeDuplicates: () => reading('Redis', () => readMaybeDuplicates(redisUrl)),
    documents: () => reading('the search index', () => readDocuments(elasticsearchUrl)),
    charges: () => reading("the PSP's journal", () => readCharges(thirdPartiesUrl)),
    statusesNow: (ids) => fromPayments(() => readStatusesNow(payments, ids)),
    outboxNow: (ids) => fromPayments(() => readOutboxNow(payments, ids)),
    close: () => payments.end(),
  };
}

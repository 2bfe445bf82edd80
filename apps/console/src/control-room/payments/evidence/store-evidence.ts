import type { OnePaymentFacts } from '@effectively-once/audit';
import { CONSUMERS } from '@effectively-once/contracts';
import type { StoreEvidence } from '../../wire/evidence.js';
import { isoOf } from './event-record.js';

type Records = StoreEvidence['records'];
const text = (value: string | number | bigint | null | undefined) =>
  value === null || value === undefined ? null : String(value);

/**
 * What each store holds about the payment, as tables. A store that cannot be read has none: the
 * judgement names it. Nothing here is an address, an idempotency key or a token.
 */
export function storeEvidence(facts: OnePaymentFacts): StoreEvidence[] {
  const tables: [store: string, source: string, records: Records | undefined][] = [
    ['payment', 'payments.payments by id', [paymentRecord(facts)]],
    ['idempotency key', 'payments.idempotency_keys by payment_id', claimRecords(facts)],
    ['outbox', 'payments.outbox by subject', outboxRecords(facts)],
    ['refunds', 'payments.refunds by payment_id', refundRecords(facts)],
    ['PSP', '/_journal/charges?paymentId=', chargeRecords(facts)],
    ...topicTables(facts),
    ['committed offsets', 'offsets of each consumer group in Kafka', offsetRecords(facts)],
    ['receipts', '/_journal/mails?paymentId=', receiptRecords(facts)],
    ['receipt marker', 'email:receipt:<payment id> in Redis', markerRecords(facts)],
    ['maybe duplicates', 'stream email:maybe-duplicate in Redis', duplicateRecords(facts)],
    ['points', 'loyalty.points_entries by payment_id', pointsRecords(facts)],
    ['search index', 'documents with this _id behind the alias payments', documentRecords(facts)],
    ['dead letters', 'console.dead_letters by payment_id', letterRecords(facts)],
  ];
  return tables.flatMap(([store, source, records]) =>
    records ? [{ store, source, records }] : [],
  );
}

const paymentRecord = ({ payment }: OnePaymentFacts) => ({
  status: payment.status,
  version: text(payment.version),
  amountMinor: text(payment.amountMinor),
  currency: payment.currency,
  userId: payment.userId,
  orderId: payment.orderId,
  pspReference: payment.pspReference,
  failureCode: payment.failureCode,
  pspAttempts: text(payment.pspAttempts),
  createdAt: isoOf(payment.createdAtMs),
  completedAt: payment.status === 'COMPLETED' ? isoOf(payment.completedAtMs) : null,
});

const claimRecords = ({ claim }: OnePaymentFacts): Records =>
  claim
    ? [{ createdAt: isoOf(claim.createdAtMs), storedResponse: text(claim.responseStatus) }]
    : [];

const outboxRecords = ({ outboxRows }: OnePaymentFacts): Records =>
  outboxRows.map(({ eventId, occurredAtMs, partitionKey }) => ({
    eventId,
    occurredAt: isoOf(occurredAtMs),
    key: partitionKey,
  }));

const refundRecords = ({ refunds }: OnePaymentFacts): Records =>
  refunds.map(({ pspReference, foundAtMs, refundedAtMs }) => ({
    charge: pspReference,
    foundAt: isoOf(foundAtMs),
    refundedAt: isoOf(refundedAtMs),
  }));

const chargeRecords = ({ charges }: OnePaymentFacts): Records | undefined =>
  charges?.map(({ id, status, amountMinor, currency, atMs }) => ({
    id,
    status,
    amountMinor: text(amountMinor),
    currency,
    at: isoOf(atMs),
  }));

/** One table per topic that has records of the payment; payment.completed always. */
const topicTables = ({ topics }: OnePaymentFacts): [string, string, Records][] =>
  [...(topics?.values() ?? [])]
    .filter(({ topic, records }) => records.length > 0 || !/\.(dlq|redrive)$/.test(topic))
    .map(({ topic, partition, searched, records }) => [
      topic,
      `partition ${partition}, offsets ${searched.from} to ${searched.end}`,
      records.map(({ offset, timestampMs }) => ({
        partition: text(partition),
        offset: text(offset),
        timestamp: isoOf(timestampMs),
      })),
    ]);

const offsetRecords = ({ offsets, topics }: OnePaymentFacts): Records | undefined => {
  const partition = [...(topics?.values() ?? [])][0]?.partition;
  if (!offsets || partition === undefined) return undefined;
  return CONSUMERS.map((consumer) => ({
    group: consumer,
    partition: text(partition),
    committed: committedText(offsets[consumer].committed.get(partition)),
    redrives: committedText(offsets[consumer].redriveCommitted.get(partition)),
  }));
};

// Kafka answers -1 for a partition of which the group has committed nothing.
const committedText = (offset: bigint | undefined) =>
  offset === undefined || offset < 0n ? null : text(offset);

const receiptRecords = ({ receipts }: OnePaymentFacts): Records | undefined =>
  receipts?.map(({ atMs }) => ({ at: isoOf(atMs) }));

const markerRecords = ({ marker }: OnePaymentFacts): Records | undefined => {
  if (marker === undefined) return undefined;
  if (marker === null) return [];
  const { state, writtenAtMs, leaseUntilMs, attempt } = marker;
  return [
    {
      state,
      writtenAt: isoOf(writtenAtMs),
      leaseUntil: isoOf(leaseUntilMs),
      attempt: text(attempt),
    },
  ];
};

const duplicateRecords = ({ maybeDuplicates }: OnePaymentFacts): Records | undefined =>
  maybeDuplicates?.map(({ atMs }) => ({ at: isoOf(atMs) }));

const pointsRecords = ({ points }: OnePaymentFacts): Records | undefined =>
  points?.entries.map((entry) => ({
    userId: entry.userId,
    points: entry.points,
    amountMinor: text(entry.amountMinor),
    currency: entry.currency,
    eventId: entry.eventId,
    awardedAt: isoOf(entry.awardedAtMs),
  }));

const documentRecords = ({ documents }: OnePaymentFacts): Records | undefined =>
  documents?.map(({ index, version, userId, amountMinor, currency }) => ({
    index,
    version: text(version),
    userId: userId ?? null,
    amountMinor: text(amountMinor),
    currency: currency ?? null,
  }));

const letterRecords = ({ deadLetters }: OnePaymentFacts): Records | undefined =>
  deadLetters?.letters.map((letter) => ({
    consumer: letter.consumer,
    id: letter.id,
    state: letter.state,
    error: letter.errorName,
    attempts: text(letter.attempts),
    redriveCount: text(letter.redriveCount),
    firstFailedAt: isoOf(letter.firstFailedAtMs),
    deadLetteredAt: isoOf(letter.deadLetteredAtMs),
    original: letter.original,
  }));

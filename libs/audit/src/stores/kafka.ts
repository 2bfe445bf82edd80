import { createHash } from 'node:crypto';
import {
  CE_HEADERS,
  deadLetterTopic,
  DLQ_HEADERS,
  PARTITIONS,
  PAYMENT_COMPLETED,
  redriveTopic,
  type ConsumerName,
  type EventHeaders,
} from '@effectively-once/contracts';
import {
  committedOffsets,
  headerTexts,
  offsetsSince,
  readTopic,
  type KafkaRecord,
  type OffsetRange,
} from '@effectively-once/kafka';
import {
  asDeadLetter,
  type ConsumerProgress,
  type DeadLetterIdentity,
  type TopicEnds,
} from '../evidence/evidence.js';
import type { FactOf, Take } from '../evidence/facts.js';

// Three seconds of retries, not a consumer's seventeen: the audit reports soon that it cannot read.
const RETRIES_MAX = 5;
export const connection = (brokers: string[]) => ({
  brokers,
  clientId: 'auditor',
  retriesMax: RETRIES_MAX,
});
const OFFSET_MAX = 2n ** 63n - 1n;
/** A group that has never committed has no offset for any partition. */
const NO_OFFSETS: Map<number, bigint> = new Map();

/** Reads the records of an event topic from these offsets on, by their headers. */
export async function readPublished(
  options: { brokers: string[]; topic: string; from: TopicEnds; sinceMs?: number | undefined },
  take: Take<'record'>,
): Promise<TopicEnds> {
  const { brokers, topic } = options;
  const from = options.from.size === 0 ? await startOffsets(options) : options.from;
  const ends = new Map(from);
  const only = from.size === 0 ? {} : { only: rangesFrom(from) };
  for await (const record of readTopic({ ...connection(brokers), topic, ...only })) {
    ends.set(record.partition, record.offset + 1n);
    await take(parseRecord(record));
  }
  return ends;
}

// A record's timestamp is the time of the event or of its publication. Neither is before the event.
async function startOffsets({
  brokers,
  topic,
  sinceMs,
}: {
  brokers: string[];
  topic: string;
  sinceMs?: number | undefined;
}): Promise<TopicEnds> {
  if (sinceMs === undefined) return new Map();
  return await offsetsSince({ ...connection(brokers), topic, sinceMs });
}

// A partition that was empty then is read from its beginning.
const rangesFrom = (from: TopicEnds): Map<number, OffsetRange> =>
  new Map(
    Array.from({ length: PARTITIONS }, (_, partition) => [
      partition,
      { from: from.get(partition) ?? 0n, end: OFFSET_MAX },
    ]),
  );

export function parseRecord(record: KafkaRecord): FactOf<'record'> {
  const headers = headerTexts(record);
  return {
    kind: 'record',
    partition: record.partition,
    offset: record.offset,
    eventId: headers[CE_HEADERS.id],
    paymentId: headers[CE_HEADERS.subject],
    // Not Kafka's timestamp: it is the time of the latest publication, so a row that is published
    // again after the loss of a slot would outlive its outbox row, and I3 would call its record
    // foreign. The connector always writes ce_time. A record without it is foreign at any age, and
    // its producer may have written any timestamp.
    occurredAtMs: parseTimestamp(headers[CE_HEADERS.time] ?? '') ?? Infinity,
    valueMd5: createHash('md5')
      .update(record.value ?? '')
      .digest('hex'),
  };
}

/**
 * Milliseconds since 1970. Undefined unless it is a timestamp of RFC 3339, which CloudEvents
 * demands. Date.parse alone reads "-1" as the year 2001, and so old a record would not be judged.
 */
export function parseTimestamp(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A consumer's committed offsets, of both its topics. */
export async function readOffsets(
  brokers: string[],
  consumer: ConsumerName,
): Promise<Pick<ConsumerProgress, 'committed' | 'redriveCommitted'>> {
  const redriven = redriveTopic(consumer);
  const committed = await committedOffsets({
    ...connection(brokers),
    groupId: consumer,
    topics: [PAYMENT_COMPLETED, redriven],
  });
  return {
    committed: committed.get(PAYMENT_COMPLETED) ?? NO_OFFSETS,
    redriveCommitted: committed.get(redriven) ?? NO_OFFSETS,
  };
}

/**
 * Reads a consumer's dead letters: as excuses for missing effects, and as records that I10 judges.
 */
export async function readDeadLetters(
  brokers: string[],
  consumer: ConsumerName,
  take: Take<'dead_letter' | 'dlq_record'>,
): Promise<void> {
  const topic = deadLetterTopic(consumer);
  for await (const record of readTopic({ ...connection(brokers), topic })) {
    for (const fact of deadLetterFacts(record, consumer)) await take(fact);
  }
}

export function* deadLetterFacts(
  record: KafkaRecord,
  consumer: ConsumerName,
): Generator<FactOf<'dead_letter' | 'dlq_record'>> {
  const headers = headerTexts(record);
  const paymentId = headers[CE_HEADERS.subject];
  const { topic, partition, offset } = record;
  const letter = claimedIdentity(headers, consumer);
  const redriveCount = redriveCountIn(headers) ?? 0;
  const place: DeadLetterIdentity = { consumer, topic, partition, offset, redriveCount };
  // A record without a subject is not an event of ours, and excuses no payment.
  if (paymentId !== undefined) {
    yield { kind: 'dead_letter', consumer, paymentId, ...asDeadLetter(letter ?? place) };
  }
  const known = { kind: 'dlq_record', partition, offset, paymentId } as const;
  yield { ...known, letter: letter ?? place, isClaimed: true };
  if (letter) yield { ...known, letter: place, isClaimed: false };
}

/** Reads a consumer's redrives: as excuses for missing effects, and as records that I10 judges. */
export async function readRedrives(
  brokers: string[],
  consumer: ConsumerName,
  take: Take<'redrive' | 'redrive_record'>,
): Promise<void> {
  const topic = redriveTopic(consumer);
  for await (const record of readTopic({ ...connection(brokers), topic })) {
    for (const fact of redriveFacts(record, consumer)) await take(fact);
  }
}

export function* redriveFacts(
  record: KafkaRecord,
  consumer: ConsumerName,
): Generator<FactOf<'redrive' | 'redrive_record'>> {
  const headers = headerTexts(record);
  const paymentId = headers[CE_HEADERS.subject];
  const { topic, partition, offset } = record;
  const position = { partition, offset };
  const letter = identityIn(headers, consumer);
  if (paymentId !== undefined) {
    // An operator may have produced it by hand. It belongs to no dead letter, but may bring the
    // effect.
    const place: DeadLetterIdentity = { consumer, topic, ...position, redriveCount: 0 };
    const redrive = { ...position, ...asDeadLetter(letter ?? place) };
    yield { kind: 'redrive', consumer, paymentId, ...redrive };
  }
  if (!letter || letter.redriveCount === 0) return;
  const before = { ...letter, redriveCount: letter.redriveCount - 1 };
  yield { kind: 'redrive_record', ...position, paymentId, letter: before };
}

/**
 * Undefined if the headers are missing or cannot be true. Then a record's position identifies it.
 */
function claimedIdentity(
  headers: EventHeaders,
  consumer: ConsumerName,
): DeadLetterIdentity | undefined {
  const letter = identityIn(headers, consumer);
  const canDieIn = [PAYMENT_COMPLETED, redriveTopic(consumer)];
  const isPossible = headers[DLQ_HEADERS.consumer] === consumer;
  return letter && isPossible && canDieIn.includes(letter.topic) ? letter : undefined;
}

function identityIn(headers: EventHeaders, consumer: ConsumerName): DeadLetterIdentity | undefined {
  const topic = headers[DLQ_HEADERS.originalTopic];
  const partition = headers[DLQ_HEADERS.originalPartition] ?? '';
  const offset = headers[DLQ_HEADERS.originalOffset] ?? '';
  const redriveCount = redriveCountIn(headers);
  if (topic === undefined || redriveCount === undefined) return;
  if (!/^\d{1,6}$/.test(partition) || !/^\d{1,18}$/.test(offset)) return;
  return { consumer, topic, partition: Number(partition), offset: BigInt(offset), redriveCount };
}

function redriveCountIn(headers: EventHeaders): number | undefined {
  const text = headers[DLQ_HEADERS.redriveCount] ?? '';
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

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
import { deadLetterOf, type Delivery, type Letter } from '../evidence/evidence.js';
import type { FactOf, Take } from '../evidence/facts.js';
import type { TopicEnds } from './stores.js';

// Three seconds of retries, not the seventeen of a consumer: an audit says soon that it cannot read.
const RETRIES_MAX = 5;
const connection = (brokers: string[]) => ({
  brokers,
  clientId: 'auditor',
  retriesMax: RETRIES_MAX,
});
const OFFSET_MAX = 2n ** 63n - 1n;
/** A group that never came says nothing of any partition. */
const NOTHING: Map<number, bigint> = new Map();

/** The records of a topic of events from some place on, as their headers describe them. */
export async function readPublished(
  options: { brokers: string[]; topic: string; from: TopicEnds; sinceMs?: number | undefined },
  take: Take<'record'>,
): Promise<TopicEnds> {
  const { brokers, topic } = options;
  const from = options.from.size === 0 ? await beginning(options) : options.from;
  const ends = new Map(from);
  const only = from.size === 0 ? {} : { only: onFrom(from) };
  for await (const record of readTopic({ ...connection(brokers), topic, ...only })) {
    ends.set(record.partition, record.offset + 1n);
    await take(describe(record));
  }
  return ends;
}

// A record may have the time of the event or of its publication: neither is before the event.
async function beginning({
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

// A partition that had nothing then is read from its beginning.
const onFrom = (from: TopicEnds): Map<number, OffsetRange> =>
  new Map(
    Array.from({ length: PARTITIONS }, (_, partition) => [
      partition,
      { from: from.get(partition) ?? 0n, end: OFFSET_MAX },
    ]),
  );

function describe(record: KafkaRecord): FactOf<'record'> {
  const headers = headerTexts(record);
  const occurredAtMs = Date.parse(headers[CE_HEADERS.time] ?? '');
  return {
    kind: 'record',
    partition: record.partition,
    offset: record.offset,
    eventId: headers[CE_HEADERS.id],
    paymentId: headers[CE_HEADERS.subject],
    // Kafka's own timestamp is that of the latest publication: a row published again after the loss of
    // a slot would outlive its outbox row and be called foreign. So it is only asked without a ce_time.
    occurredAtMs: Number.isNaN(occurredAtMs) ? record.timestampMs : occurredAtMs,
    valueMd5: createHash('md5')
      .update(record.value ?? '')
      .digest('hex'),
  };
}

/** What a consumer has settled, of both its topics. */
export async function readOffsets(
  brokers: string[],
  consumer: ConsumerName,
): Promise<Pick<Delivery, 'committed' | 'redriveCommitted'>> {
  const redriven = redriveTopic(consumer);
  const committed = await committedOffsets({
    ...connection(brokers),
    groupId: consumer,
    topics: [PAYMENT_COMPLETED, redriven],
  });
  return {
    committed: committed.get(PAYMENT_COMPLETED) ?? NOTHING,
    redriveCommitted: committed.get(redriven) ?? NOTHING,
  };
}

/** What a consumer gave up: as an excuse of its payment, and as a dead letter to be conserved. */
export async function readDeadLetters(
  brokers: string[],
  consumer: ConsumerName,
  take: Take<'dead_letter' | 'dlq_record'>,
): Promise<void> {
  const topic = deadLetterTopic(consumer);
  for await (const record of readTopic({ ...connection(brokers), topic })) {
    const headers = headerTexts(record);
    const paymentId = headers[CE_HEADERS.subject];
    const { partition, offset } = record;
    const letter = claimedLetter(headers, consumer);
    const redriveCount = countIn(headers) ?? 0;
    const place: Letter = { consumer, topic, partition, offset, redriveCount };
    // Without a subject it was never an event of ours, and excuses no payment.
    if (paymentId !== undefined) {
      await take({ kind: 'dead_letter', consumer, paymentId, ...deadLetterOf(letter ?? place) });
    }
    const known = { kind: 'dlq_record', partition, offset, paymentId } as const;
    await take({ ...known, letter: letter ?? place, isClaimed: true });
    if (letter) await take({ ...known, letter: place, isClaimed: false });
  }
}

/** What a consumer was given a second time. */
export async function readRedrives(
  brokers: string[],
  consumer: ConsumerName,
  take: Take<'redrive' | 'redrive_record'>,
): Promise<void> {
  const topic = redriveTopic(consumer);
  for await (const record of readTopic({ ...connection(brokers), topic })) {
    const headers = headerTexts(record);
    const paymentId = headers[CE_HEADERS.subject];
    const { partition, offset } = record;
    const position = { partition, offset };
    const letter = letterIn(headers, consumer);
    if (paymentId !== undefined) {
      // Put there by hand it is a redrive of nothing, but may still bring the effect.
      const place: Letter = { consumer, topic, ...position, redriveCount: 0 };
      const redrive = { ...position, ...deadLetterOf(letter ?? place) };
      await take({ kind: 'redrive', consumer, paymentId, ...redrive });
    }
    if (!letter || letter.redriveCount === 0) continue;
    const before = { ...letter, redriveCount: letter.redriveCount - 1 };
    await take({ kind: 'redrive_record', ...position, paymentId, letter: before });
  }
}

/** Undefined when the headers do not say, or cannot be true: then a dead letter is known by its place. */
function claimedLetter(headers: EventHeaders, consumer: ConsumerName): Letter | undefined {
  const letter = letterIn(headers, consumer);
  const canDieIn = [PAYMENT_COMPLETED, redriveTopic(consumer)];
  const isPossible = headers[DLQ_HEADERS.consumer] === consumer;
  return letter && isPossible && canDieIn.includes(letter.topic) ? letter : undefined;
}

function letterIn(headers: EventHeaders, consumer: ConsumerName): Letter | undefined {
  const topic = headers[DLQ_HEADERS.originalTopic];
  const partition = headers[DLQ_HEADERS.originalPartition] ?? '';
  const offset = headers[DLQ_HEADERS.originalOffset] ?? '';
  const redriveCount = countIn(headers);
  if (topic === undefined || redriveCount === undefined) return;
  if (!/^\d{1,6}$/.test(partition) || !/^\d{1,18}$/.test(offset)) return;
  return { consumer, topic, partition: Number(partition), offset: BigInt(offset), redriveCount };
}

function countIn(headers: EventHeaders): number | undefined {
  const text = headers[DLQ_HEADERS.redriveCount] ?? '';
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

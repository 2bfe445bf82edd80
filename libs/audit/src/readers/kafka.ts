import { createHash } from 'node:crypto';
import {
  CE_HEADERS,
  deadLetterTopic,
  DLQ_HEADERS,
  PAYMENT_COMPLETED,
  redriveTopic,
  type ConsumerName,
  type EventHeaders,
} from '@effectively-once/contracts';
import {
  committedOffsets,
  headerTexts,
  readTopic,
  type KafkaRecord,
} from '@effectively-once/delivery';
import type { DeadLetter, Delivery, PublishedRecord, Redrive } from '../evidence.js';

const CLIENT_ID = 'auditor';
/** A group that never came says nothing of any partition. */
const NOTHING: Map<number, bigint> = new Map();

/** Every record of a topic of events, as its headers describe it. */
export async function readPublished(brokers: string[], topic: string): Promise<PublishedRecord[]> {
  const published: PublishedRecord[] = [];
  for await (const record of readTopic({ brokers, clientId: CLIENT_ID, topic })) {
    published.push(describe(record));
  }
  return published;
}

function describe(record: KafkaRecord): PublishedRecord {
  const headers = headerTexts(record);
  const occurredAtMs = Date.parse(headers[CE_HEADERS.time] ?? '');
  return {
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
    brokers,
    clientId: CLIENT_ID,
    groupId: consumer,
    topics: [PAYMENT_COMPLETED, redriven],
  });
  return {
    committed: committed.get(PAYMENT_COMPLETED) ?? NOTHING,
    redriveCommitted: committed.get(redriven) ?? NOTHING,
  };
}

/** What a consumer gave up, by payment id. */
export async function readDeadLetters(
  brokers: string[],
  consumer: ConsumerName,
): Promise<Delivery['deadLetters']> {
  return await byPayment(brokers, deadLetterTopic(consumer));
}

/** What a consumer was given a second time, by payment id. */
export async function readRedrives(
  brokers: string[],
  consumer: ConsumerName,
): Promise<Delivery['redrives']> {
  return await byPayment(brokers, redriveTopic(consumer));
}

async function byPayment(brokers: string[], topic: string): Promise<Map<string, Redrive[]>> {
  const records = new Map<string, Redrive[]>();
  for await (const record of readTopic({ brokers, clientId: CLIENT_ID, topic })) {
    const headers = headerTexts(record);
    const paymentId = headers[CE_HEADERS.subject];
    // Without a subject it was never an event of ours, and excuses no payment.
    if (paymentId === undefined) continue;
    const { partition, offset } = record;
    const known = records.get(paymentId) ?? [];
    records.set(paymentId, [...known, { partition, offset, ...identityIn(headers) }]);
  }
  return records;
}

const identityIn = (headers: EventHeaders): DeadLetter => ({
  original: `${headers[DLQ_HEADERS.originalPartition]}-${headers[DLQ_HEADERS.originalOffset]}`,
  redriveCount: Number(headers[DLQ_HEADERS.redriveCount] ?? 0),
});

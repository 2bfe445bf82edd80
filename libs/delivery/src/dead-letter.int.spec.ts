import { randomUUID } from 'node:crypto';
import {
  CE_HEADERS,
  deadLetterTopic,
  DLQ_HEADERS,
  PAYMENT_COMPLETED,
  PoisonRecord,
  TOPICS,
} from '@effectively-once/contracts';
import {
  ensureTopics,
  headerTexts,
  readTopic,
  RecordProducer,
  type KafkaRecord,
} from '@effectively-once/kafka';
import {
  encodeBatch,
  produceRaw,
  type RawRecord,
} from '@effectively-once/kafka/testing/raw-batch.fixture';
import { testAddresses } from '@effectively-once/testing';
import { DeliveringCompleter } from './transport/complete-record.js';
import { DeliveryMetrics } from './transport/delivery-metrics.js';
import { RecentDeliveries } from './transport/state/recent-deliveries.js';

const { KAFKA_BROKERS: brokers } = testAddresses();
const connection = { brokers, clientId: 'dead-letter-test' };
const [broker = ''] = brokers;
const configOf = (name: string) => TOPICS.find((one) => one.name === name)?.config ?? {};

/** Kafka's default, and the limit of the main topic: bytes of a record batch. */
const MAIN_BYTES_MAX = 1_048_588;

const producer = new RecordProducer(connection);
let topic: string;
let dlq: string;

beforeAll(async () => {
  await producer.connect();
  topic = `dead-letter-${randomUUID()}`;
  dlq = `${topic}.dlq`;
  await ensureTopics({
    ...connection,
    topics: [
      { name: topic, partitions: 1, config: configOf(PAYMENT_COMPLETED) },
      { name: dlq, partitions: 1, config: configOf(deadLetterTopic('email')) },
    ],
  });
});
afterAll(() => producer.disconnect());

/** A record whose batch has exactly the size limit of the main topic. */
function aLargest(record: RawRecord): RawRecord {
  const size = encodeBatch({ records: [{ ...record, value: Buffer.alloc(100_000) }] }).length;
  const value = Buffer.alloc(100_000 + MAIN_BYTES_MAX - size, 'x');
  return { ...record, value };
}

async function produce(record: RawRecord): Promise<KafkaRecord> {
  const batch = encodeBatch({ records: [record] });
  expect(batch.length).toBeLessThanOrEqual(MAIN_BYTES_MAX);
  expect(await produceRaw({ broker, topic, partition: 0, batch })).toBe(0);
  let last: KafkaRecord | undefined;
  for await (const one of readTopic({ ...connection, topic })) last = one;
  return last!;
}

/** Completes the record as a consumer does that cannot decode it. Returns its dead letter. */
async function deadLettered(record: KafkaRecord): Promise<KafkaRecord> {
  const completer = new DeliveringCompleter({
    consumer: 'email',
    appVersion: 'test',
    log: { info: () => undefined, warn: () => undefined },
    reach: () => undefined,
    metrics: new DeliveryMetrics('email'),
    traces: new RecentDeliveries(),
    // Into a topic of its own, with the size limit of the real one.
    producer: { send: (one) => producer.send({ ...one, topic: dlq }) },
    circuits: [],
    handler: {
      decode: () => {
        throw new PoisonRecord('NotJson', 'value', 'value: not JSON');
      },
      once: () => Promise.reject(new Error('is never tried')),
    },
  });
  await completer.complete(record, {
    attemptsBefore: 0,
    fetchedAtMs: 0,
    park: (wait) => wait(new AbortController().signal),
    rememberAttempts: async () => undefined,
    attempt: (run) => run(),
  });
  let letter: KafkaRecord | undefined;
  for await (const one of readTopic({ ...connection, topic: dlq })) {
    const headers = headerTexts(one);
    const isOfRecord =
      headers[DLQ_HEADERS.originalTopic] === topic &&
      headers[DLQ_HEADERS.originalOffset] === String(record.offset);
    if (isOfRecord) letter = one;
  }
  return letter!;
}

const aHeader = (name: string | Buffer, value = ''): [string | Buffer, Buffer] => [
  name,
  Buffer.from(value),
];

it('a poison pill of the largest size fits into the dead letter topic with all its bytes', async () => {
  const record = await produce(
    aLargest({ key: Buffer.from('alice'), headers: [aHeader(CE_HEADERS.id, 'event-1')] }),
  );
  const letter = await deadLettered(record);
  expect(letter.key).toEqual(record.key);
  expect(letter.value?.equals(record.value!)).toBe(true);
  expect(headerTexts(letter)).toMatchObject({ [CE_HEADERS.id]: 'event-1', dlq_attempts: '0' });
  expect(headerTexts(letter)).not.toHaveProperty('dlq_value_cut');
});

// A name that is not UTF-8 takes three times its bytes when it is written again.
const NOT_UTF8 = Buffer.alloc(1_000_000, 0xff);

it('a dead letter that does not fit is cut, and says where the whole record is', async () => {
  const value = Buffer.alloc(20_000, 'v');
  const record = await produce({
    key: Buffer.from('alice'),
    value,
    headers: [
      aHeader(CE_HEADERS.id, 'event-1'),
      aHeader(NOT_UTF8),
      aHeader(CE_HEADERS.subject, 'payment-1'),
      aHeader('mine', 'dropped'),
    ],
  });
  const letter = await deadLettered(record);
  expect(letter.key).toEqual(record.key);
  expect(letter.value).toEqual(value.subarray(0, 1_024));
  expect(headerTexts(letter)).toEqual({
    [CE_HEADERS.id]: 'event-1',
    [CE_HEADERS.subject]: 'payment-1',
    dlq_original_topic: topic,
    dlq_original_partition: '0',
    dlq_original_offset: String(record.offset),
    dlq_original_timestamp: String(record.timestampMs),
    dlq_consumer: 'email',
    dlq_error_class: 'poison',
    dlq_error_name: 'NotJson',
    dlq_error_message: 'value: not JSON',
    dlq_attempts: '0',
    dlq_first_failed_at: expect.any(String),
    dlq_dead_lettered_at: expect.any(String),
    dlq_redrive_count: '0',
    dlq_app_version: 'test',
    dlq_value_cut: '20000',
    dlq_headers_cut: '2',
  });
});

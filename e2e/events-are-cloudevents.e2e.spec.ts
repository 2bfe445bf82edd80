import {
  decodePaymentCompleted,
  PARTITIONS,
  PAYMENT_COMPLETED,
  PAYMENT_COMPLETED_SCHEMA,
} from '@effectively-once/contracts';
import {
  ensureTopics,
  headerTexts,
  readTopic,
  RecordProducer,
  type KafkaRecord,
} from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { Kafka, type KafkaMessage } from 'cloudevents';
import pg from 'pg';
import { at, checkout, findings, newId } from './system-under-test.js';

let userId: string;
let paymentId: string;
let record: KafkaRecord;

beforeAll(async () => {
  userId = newId('user');
  paymentId = String((await checkout({ userId })).json['id']);
  record = await waitUntil('the event in the topic', () =>
    recordOf(PAYMENT_COMPLETED, (headers) => headers['ce_subject'] === paymentId),
  );
});

afterAll(async () => {
  await expect(findings()).resolves.toEqual([]);
});

it('the CloudEvents SDK reads what the connector published', () => {
  const event = Kafka.toEvent({
    headers: headerTexts(record),
    key: record.key?.toString('utf8') ?? '',
    value: record.value?.toString('utf8'),
    body: record.value?.toString('utf8'),
  } as KafkaMessage<string>);
  expect(event).toMatchObject({
    specversion: '1.0',
    type: 'payment.completed',
    source: '/payments',
    subject: paymentId,
    dataschema: PAYMENT_COMPLETED_SCHEMA,
    datacontenttype: 'application/json',
    data: { paymentId, userId, amountMinor: 1299, currency: 'EUR' },
  });
  expect(headerTexts(record)['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
});

it('the value is the payload of the outbox row byte for byte, and ce_id is its event id', async () => {
  const database = new pg.Client(at.AUDITOR_PAYMENTS_URL);
  await database.connect();
  try {
    const { rows } = await database.query<{ event_id: string; payload: string }>(
      'SELECT event_id, payload FROM payments.outbox WHERE subject = $1',
      [paymentId],
    );
    expect(rows).toHaveLength(1);
    expect(record.value?.equals(Buffer.from(rows[0]?.payload ?? '', 'utf8'))).toBe(true);
    expect(headerTexts(record)['ce_id']).toBe(rows[0]?.event_id);
  } finally {
    await database.end();
  }
});

it('our own decoder accepts the event', () => {
  const event = decodePaymentCompleted({ ...record, headers: headerTexts(record) });
  expect(event.data.paymentId).toBe(paymentId);
});

it('our producer and the connector put one user into the same partition', async () => {
  // Without this, a redrive would break the order per user: it goes to the partition that we
  // choose.
  const topic = newId('partitioner');
  const connection = { brokers: at.KAFKA_BROKERS, clientId: 'e2e' };
  await ensureTopics({
    ...connection,
    topics: [{ name: topic, partitions: PARTITIONS, config: {} }],
  });
  const producer = new RecordProducer(connection);
  await producer.connect();
  try {
    await producer.send({ topic, key: record.key, value: null, headers: {} });
  } finally {
    await producer.disconnect();
  }
  const ours = await recordOf(topic, () => true);
  expect(ours?.partition).toBe(record.partition);
});

async function recordOf(
  topic: string,
  matches: (headers: Record<string, string | undefined>) => boolean,
): Promise<KafkaRecord | undefined> {
  const everything = readTopic({ brokers: at.KAFKA_BROKERS, clientId: 'e2e', topic });
  for await (const found of everything) if (matches(headerTexts(found))) return found;
  return undefined;
}

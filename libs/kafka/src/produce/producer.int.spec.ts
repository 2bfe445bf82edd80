import { randomUUID } from 'node:crypto';
import { testAddresses } from '@effectively-once/testing';
import { ensureTopics } from '../admin.js';
import { BatchTooLarge, RecordProducer } from './producer.js';
import { readTopic } from '../read-topic.js';

const connection = { brokers: testAddresses().KAFKA_BROKERS, clientId: 'producer-test' };
const producer = new RecordProducer(connection);
beforeAll(() => producer.connect());
afterAll(() => producer.disconnect());

const KEYS = Array.from({ length: 20 }, (_, index) => `user-${index}`);
const message = (key: string, value: string | Buffer) => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
  headers: {},
});

it('loses no record after the broker refused another one of the same request for its size', async () => {
  const topic = `producer-${randomUUID()}`;
  const config = { 'max.message.bytes': '5000' };
  await ensureTopics({ ...connection, topics: [{ name: topic, partitions: 3, config }] });
  const first = KEYS.map((key) => message(key, 'first'));
  const tooLarge = message('large', Buffer.alloc(10_000));
  await expect(producer.sendAll(topic, [...first, tooLarge])).rejects.toThrow(BatchTooLarge);
  for (const key of KEYS) await producer.send({ topic, ...message(key, 'second') });
  const stored = new Set<string>();
  for await (const { key, value } of readTopic({ ...connection, topic })) {
    if (value?.toString() === 'second') stored.add(String(key));
  }
  expect([...stored].sort()).toEqual([...KEYS].sort());
});

it('names the size as the reason, and sends the next record', async () => {
  const topic = `producer-${randomUUID()}`;
  const config = { 'max.message.bytes': '5000' };
  await ensureTopics({ ...connection, topics: [{ name: topic, partitions: 1, config }] });
  const refused = producer.send({ topic, ...message('large', Buffer.alloc(10_000)) });
  await expect(refused).rejects.toThrow(BatchTooLarge);
  await producer.send({ topic, ...message('small', 'next') });
  const values: string[] = [];
  for await (const { value } of readTopic({ ...connection, topic })) values.push(String(value));
  expect(values).toEqual(['next']);
});

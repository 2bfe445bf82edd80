import { randomUUID } from 'node:crypto';
import { testAddresses } from '@effectively-once/testing';
import { committedOffsets, ensureTopics } from '../admin.js';
import type { Isolation } from '../fetch/fetched-batch.js';
import { readTopic } from '../read-topic.js';
import { ProducerFenced, TransactionalProducer } from './transactional-producer.js';

const connection = { brokers: testAddresses().KAFKA_BROKERS, clientId: 'transactional-test' };
const groupId = randomUUID();
const record = (value: string) => ({ key: Buffer.from('key'), value: Buffer.from(value) });

const producers: TransactionalProducer[] = [];
afterAll(() => Promise.all(producers.map((producer) => producer.disconnect())));

async function takeOver(transactionalId: string = randomUUID()): Promise<TransactionalProducer> {
  const producer = await TransactionalProducer.takeOver({
    ...connection,
    transactionalId,
    transactionTimeoutMs: 60_000,
  });
  producers.push(producer);
  return producer;
}

async function newTopic(): Promise<string> {
  const name = `transactional-${randomUUID()}`;
  await ensureTopics({ ...connection, topics: [{ name, partitions: 1, config: {} }] });
  return name;
}

async function valuesIn(topic: string, isolation: Isolation): Promise<string[]> {
  const values: string[] = [];
  for await (const { value } of readTopic({ ...connection, topic, isolation })) {
    values.push(String(value));
  }
  return values;
}

async function committedIn(topic: string): Promise<bigint | undefined> {
  const offsets = await committedOffsets({ ...connection, groupId, topics: [topic] });
  return offsets.get(topic)?.get(0);
}

it('an aborted transaction hides its records and its offset from readers of read_committed', async () => {
  const topic = await newTopic();
  const producer = await takeOver();
  const aborted = producer.inTransaction(async (open) => {
    await open.send(topic, [record('aborted')]);
    await open.sendOffset(groupId, { topic, partition: 0 }, 1n);
    throw new Error('no');
  });
  await expect(aborted).rejects.toThrow('no');
  expect(await committedIn(topic)).toBe(-1n);
  await producer.inTransaction(async (open) => {
    await open.send(topic, [record('committed')]);
    await open.sendOffset(groupId, { topic, partition: 0 }, 2n);
  });
  expect(await valuesIn(topic, 'read_committed')).toEqual(['committed']);
  expect(await valuesIn(topic, 'read_uncommitted')).toEqual(['aborted', 'committed']);
  expect(await committedIn(topic)).toBe(2n);
});

it('the next producer with the same id aborts the open transaction and fences the first', async () => {
  const topic = await newTopic();
  const id = randomUUID();
  const first = await takeOver(id);
  const zombie = first.inTransaction(async (open) => {
    await open.send(topic, [record('of the zombie')]);
    await open.sendOffset(groupId, { topic, partition: 0 }, 1n);
    const second = await takeOver(id);
    await second.inTransaction((successor) => successor.send(topic, [record('of the successor')]));
  });
  await expect(zombie).rejects.toThrow(ProducerFenced);
  await expect(
    first.inTransaction((open) => open.send(topic, [record('later')])),
  ).rejects.toThrow();
  expect(await valuesIn(topic, 'read_committed')).toEqual(['of the successor']);
  expect(await committedIn(topic)).toBe(-1n);
});

it('short transactions follow each other without a pause', async () => {
  const topic = await newTopic();
  const producer = await takeOver();
  const values = Array.from({ length: 20 }, (_, n) => String(n));
  for (const value of values) {
    await producer.inTransaction((open) => open.send(topic, [record(value)]));
  }
  expect(await valuesIn(topic, 'read_committed')).toEqual(values);
});

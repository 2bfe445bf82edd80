import { randomUUID } from 'node:crypto';
import { testAddresses, waitUntil } from '@effectively-once/testing';
import { Kafka, logLevel, type Consumer } from 'kafkajs';
import { ensureTopics } from '../admin.js';
import { firstRecords } from './first-records.js';
import { readGroupState } from './group-state.js';
import { readTopicNow } from './topic-now.js';

const connection = { brokers: testAddresses().KAFKA_BROKERS, clientId: 'watch-test' };
const kafka = new Kafka({ ...connection, logLevel: logLevel.NOTHING });
const admin = kafka.admin();
const topics: string[] = [];
const members: Consumer[] = [];

beforeAll(() => admin.connect());
afterAll(async () => {
  await Promise.all(members.map((member) => member.disconnect()));
  await admin.deleteTopics({ topics });
  await admin.disconnect();
});

async function newTopic(partitions: number): Promise<string> {
  const name = `watch-${randomUUID()}`;
  topics.push(name);
  await ensureTopics({ ...connection, topics: [{ name, partitions, config: {} }] });
  return name;
}

/** Each transaction ends with a control record, which takes an offset. */
async function transactions(topic: string, count: number): Promise<void> {
  const producer = kafka.producer({
    transactionalId: `watch-${randomUUID()}`,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  for (let sent = 0; sent < count; sent += 1) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ partition: 0, value: 'x' }] });
    await transaction.commit();
  }
  await producer.disconnect();
}

it('finds the first record at or after an offset, and none where only control records are left', async () => {
  const topic = await newTopic(2);
  await transactions(topic, 2);
  // record, control record, record, control record
  const firstFrom = (from: bigint) =>
    firstRecords({ ...connection, topic, ranges: new Map([[0, { from, end: 4n }]]) });
  expect((await firstFrom(0n)).get(0)).toMatchObject({ offset: 0n });
  const second = (await firstFrom(1n)).get(0);
  expect(second).toMatchObject({ offset: 2n, timestampMs: expect.any(Number) });
  expect(Math.abs(Date.now() - (second?.timestampMs ?? 0))).toBeLessThan(60_000);
  expect((await firstFrom(3n)).size).toBe(0);
});

it('tells what a group has committed, and which member owns which partition', async () => {
  const topic = await newTopic(2);
  const groupId = `watch-${randomUUID()}`;
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({
    topic,
    messages: [
      { partition: 0, value: 'a' },
      { partition: 0, value: 'b' },
    ],
  });
  await producer.disconnect();
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] });

  const state = () => readGroupState({ ...connection, groupId, topics: [topic] });
  expect(await state()).toEqual({
    members: [],
    positions: [
      { topic, partition: 0, committed: 1n, start: 0n, end: 2n },
      { topic, partition: 1, committed: -1n, start: 0n, end: 0n },
    ],
  });

  const member = kafka.consumer({ groupId });
  members.push(member);
  const joined = new Promise((resolve) => member.on(member.events.GROUP_JOIN, resolve));
  await member.connect();
  await member.subscribe({ topics: [topic] });
  await member.run({ autoCommit: false, eachBatch: async () => undefined });
  await joined;
  const [found] = (await state()).members;
  expect(found).toMatchObject({ clientId: 'watch-test', host: expect.stringMatching(/^[\d.]+$/) });
  expect(found?.partitions).toEqual(
    expect.arrayContaining([
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]),
  );
});

it('a topic that is deleted and created again has another id, and none is made by asking', async () => {
  const topic = await newTopic(3);
  const read = () => readTopicNow({ ...connection, topic });
  const before = await read();
  expect(before).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    ends: new Map([
      [0, 0n],
      [1, 0n],
      [2, 0n],
    ]),
  });
  expect((await read()).id).toBe(before.id);
  await admin.deleteTopics({ topics: [topic] });
  await waitUntil('the topic to be gone', () =>
    read().then(
      () => false,
      () => true,
    ),
  );
  await expect(admin.listTopics()).resolves.not.toContain(topic);
  await ensureTopics({ ...connection, topics: [{ name: topic, partitions: 1, config: {} }] });
  expect((await read()).id).not.toBe(before.id);
});

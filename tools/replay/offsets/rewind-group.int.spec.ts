import { randomUUID } from 'node:crypto';
import { ensureTopics, readGroupState, setOffsets } from '@effectively-once/kafka';
import { testAddresses } from '@effectively-once/testing';
import { Kafka, logLevel, type Consumer } from 'kafkajs';
import { expiredRecords, planRewind, wantedOffset } from './plan-rewind.js';
import { rewindGroup } from './rewind-group.js';

const connection = { brokers: testAddresses().KAFKA_BROKERS, clientId: 'replay-test' };
const kafka = new Kafka({ ...connection, logLevel: logLevel.NOTHING });
const admin = kafka.admin();
const RECORDS = 10;

let topic: string;
let groupId: string;
let member: Consumer | undefined;

beforeAll(() => admin.connect());
beforeEach(async () => {
  topic = `replay-${randomUUID()}`;
  groupId = `replay-${randomUUID()}`;
  await ensureTopics({ ...connection, topics: [{ name: topic, partitions: 2, config: {} }] });
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: 2 * RECORDS }, (_, number) => ({
    partition: number % 2,
    value: String(number),
  }));
  await producer.send({ topic, messages });
  await producer.disconnect();
  await join();
  await member?.commitOffsets([0, 1].map((partition) => ({ topic, partition, offset: '10' })));
});
afterEach(async () => {
  await leave();
  await admin.deleteTopics({ topics: [topic] });
});
afterAll(() => admin.disconnect());

async function join(): Promise<void> {
  const consumer = (member = kafka.consumer({ groupId }));
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
  await joined;
}

async function leave(): Promise<void> {
  await member?.disconnect();
  member = undefined;
}

const state = () => readGroupState({ ...connection, groupId, topics: [topic] });
const set = (offsets: ReadonlyMap<number, bigint>) =>
  setOffsets({ ...connection, groupId, topic, offsets });
const committed = async () => (await state()).positions.map((position) => position.committed);

it('the broker keeps the offsets of a group that has a member', async () => {
  await expect(set(new Map([[0, 3n]]))).rejects.toThrow('no running instances');
  expect(await committed()).toEqual([10n, 10n]);
});

it('a group goes back in the partitions of the plan, in no other, and its member runs again', async () => {
  const { positions } = await state();
  const rewinds = await rewindGroup({
    consumer: groupId,
    rewinds: planRewind(positions, wantedOffset(positions, { partition: 1, offset: 4n })),
    control: { stop: leave, start: join },
    group: { state, setOffsets: set },
    signal: new AbortController().signal,
    onStep: () => undefined,
  });
  expect(rewinds).toEqual([{ partition: 1, from: 4n, end: 10n }]);
  expect(await committed()).toEqual([10n, 4n]);
  expect((await state()).members).toHaveLength(1);
});

it('a group that was away for longer than the topic keeps lost what the topic deleted', async () => {
  await leave();
  await set(new Map([[0, 2n]]));
  // kafkajs knows the leaders of the partitions only after it has read the topic.
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
  const { positions } = await state();
  expect(expiredRecords(positions)).toEqual([{ partition: 0, from: 2n, end: 6n }]);
  expect(() => wantedOffset(positions, { partition: 0, offset: 1n })).toThrow('--from-payments');
});

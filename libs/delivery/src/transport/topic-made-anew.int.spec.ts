import { randomUUID } from 'node:crypto';
import { testAddresses, waitUntil } from '@effectively-once/testing';
import { ensureTopics, RecordProducer, type KafkaRecord } from '@effectively-once/kafka';
import { Kafka } from 'kafkajs';
import { noEvents } from '../partition/partition.fixture.js';
import { Membership } from './membership.js';

/*
 * A topic that an operator deleted and created again begins at offset 0. A consumer that kept its
 * offset would skip as many new records as it had read old ones.
 */

const brokers = testAddresses().KAFKA_BROKERS;
const connection = { brokers, clientId: 'delivery.spec' };
const BEFORE = 20;

let topic: string;
let completed: string[];
let member: Membership;
beforeEach(async () => {
  topic = `test.${randomUUID()}`;
  completed = [];
  await makeTopic();
  member = newMember();
  await member.join();
  await produce('old', BEFORE);
  await waitUntil('the old records', () => completed.length >= BEFORE);
});
afterEach(async () => await member.leave());

const makeTopic = async () =>
  await ensureTopics({ ...connection, topics: [{ name: topic, partitions: 1, config: {} }] });

function newMember(): Membership {
  return new Membership({
    brokers,
    groupId: `${topic}.group`,
    topics: [topic],
    sessionTimeoutMs: 6_000,
    completer: {
      complete: async ({ value }: KafkaRecord) => {
        await Promise.resolve();
        completed.push(String(value));
      },
    },
    events: noEvents,
    onAssigned: () => undefined,
    onCrash: (error) => {
      throw error;
    },
  });
}

async function makeTopicAnew(): Promise<void> {
  const admin = new Kafka(connection).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
  await waitUntil('the topic to be made again', () =>
    makeTopic().then(
      () => true,
      () => false,
    ),
  );
}

async function produce(name: string, count: number): Promise<void> {
  const producer = new RecordProducer(connection);
  await producer.connect();
  const key = Buffer.from('user');
  for (let n = 0; n < count; n += 1) {
    await producer.send({ topic, key, value: Buffer.from(`${name} ${n}`), headers: {} });
  }
  await producer.disconnect();
}

const ofName = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${name} ${n}`);

it('a consumer that runs while its topic is made anew reads it from its first record', async () => {
  await makeTopicAnew();
  await produce('new', 5);
  await waitUntil('the new records', () => completed.length >= BEFORE + 5);
  expect(completed.slice(BEFORE)).toEqual(ofName('new', 5));
});

it('a consumer that was away while its topic was made anew and grew longer skips no record', async () => {
  await member.leave();
  await makeTopicAnew();
  await produce('new', BEFORE + 10);
  member = newMember();
  await member.join();
  await waitUntil('the new records', () => completed.length >= 2 * BEFORE + 10);
  expect(completed.slice(BEFORE)).toEqual(ofName('new', BEFORE + 10));
});

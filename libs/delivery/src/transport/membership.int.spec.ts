import { randomUUID } from 'node:crypto';
import { testAddresses, waitUntil } from '@effectively-once/testing';
import {
  committedOffsets,
  ensureTopics,
  groupCommits,
  RecordProducer,
  type KafkaRecord,
} from '@effectively-once/kafka';
import { noEvents } from '../partition/partition.fixture.js';
import { BACKLOG_MAX } from '../partition/partition.js';
import type { RecordLane } from '../partition/record-lane.js';
import { Membership } from './membership.js';

const brokers = testAddresses().KAFKA_BROKERS;
const connection = { brokers, clientId: 'delivery.spec' };
const PARTITIONS = 3;

let topic: string;
let groupId: string;
let producer: RecordProducer;
let members: Member[];

beforeAll(async () => {
  producer = new RecordProducer(connection);
  await producer.connect();
});
afterAll(async () => await producer.disconnect());
beforeEach(async () => {
  topic = `test.${randomUUID()}`;
  groupId = `test.${randomUUID()}`;
  members = [];
  await ensureTopics({
    ...connection,
    topics: [{ name: topic, partitions: PARTITIONS, config: {} }],
  });
});
afterEach(async () => {
  for (const member of members) await member.leave();
});

/** One process in the group. */
class Member {
  readonly completed: string[] = [];
  pauses = 0;
  readonly membership: Membership;
  private left = false;

  constructor(complete: (record: KafkaRecord, lane: RecordLane) => Promise<void>) {
    this.membership = new Membership({
      brokers,
      groupId,
      topics: [topic],
      sessionTimeoutMs: 6_000,
      completer: {
        complete: async (record, lane) => {
          await complete(record, lane);
          this.completed.push(String(record.value));
        },
      },
      events: {
        ...noEvents,
        paused: (_, reasons) => {
          this.pauses += reasons.size > 0 ? 1 : 0;
        },
      },
      onAssigned: () => undefined,
      onCrash: (error) => {
        throw error;
      },
    });
  }

  static async join(
    complete: (record: KafkaRecord, lane: RecordLane) => Promise<void> = async () => undefined,
  ) {
    const member = new Member(complete);
    members.push(member);
    await member.membership.join();
    return member;
  }

  async leave(): Promise<void> {
    if (this.left) return;
    this.left = true;
    await this.membership.leave();
  }
}

async function produce(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) {
    const key = Buffer.from(`user-${n % 7}`);
    await producer.send({ topic, key, value: Buffer.from(String(n)), headers: {} });
  }
}

const everythingCompleted = () => members.flatMap(({ completed }) => completed);
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

async function committed(): Promise<bigint> {
  const offsets = await committedOffsets({ ...connection, groupId, topics: [topic] });
  const perPartition = [...(offsets.get(topic)?.values() ?? [])];
  return perPartition.reduce((sum, offset) => sum + (offset > 0n ? offset : 0n), 0n);
}

it('continues after a graceful restart exactly at the committed offset', async () => {
  await produce(0, 30);
  const first = await Member.join();
  await waitUntil('30 completed', () => first.completed.length >= 30);
  await first.leave();
  await expect(committed()).resolves.toBe(30n);
  await produce(30, 40);
  const second = await Member.join();
  await waitUntil('the other 10', () => second.completed.length >= 10);
  expect([...second.completed].sort()).toEqual(numbers(30, 40).sort());
});

it('redelivers a record that was not complete when its member left', async () => {
  await produce(0, 5);
  const stuckOn: string[] = [];
  const first = await Member.join(async (record) => {
    stuckOn.push(String(record.value));
    throw new Error('the effect never works here');
  });
  await waitUntil('it tried', () => stuckOn.length > 0);
  await first.leave();
  await expect(committed()).resolves.toBe(0n);
  const second = await Member.join();
  await waitUntil('all five', () => second.completed.length >= 5);
  expect([...second.completed].sort()).toEqual(numbers(0, 5));
});

it('loses nothing when a second member joins and the first one leaves under load', async () => {
  const slowly = async () => await new Promise<void>((resolve) => setTimeout(resolve, 2));
  await Member.join(slowly);
  await produce(0, 60);
  await Member.join(slowly);
  await produce(60, 120);
  await members[0]?.leave();
  await produce(120, 180);
  const all = numbers(0, 180);
  await waitUntil('all 180', () => new Set(everythingCompleted()).size === all.length);
  expect([...new Set(everythingCompleted())].sort()).toEqual([...all].sort());
});

it('keeps the order of each user', async () => {
  await produce(0, 70);
  // Sometimes a user's earlier record takes longer, sometimes the later one.
  const unevenly = async ({ value }: KafkaRecord) =>
    await new Promise<void>((resolve) => setTimeout(resolve, (Number(value) % 4) * 3));
  const member = await Member.join(unevenly);
  await waitUntil('70 completed', () => member.completed.length >= 70);
  for (let user = 0; user < 7; user += 1) {
    const ofUser = member.completed.map(Number).filter((n) => n % 7 === user);
    expect(ofUser).toEqual([...ofUser].sort((a, b) => a - b));
  }
});

// kafkajs keeps a pause across a rebalance, but the assignment that would resume it is gone.
it('fetches a paused partition again after a rebalance', async () => {
  const total = BACKLOG_MAX + 100;
  const [topicOfOne, key] = [topic, Buffer.from('one-user')];
  await Promise.all(
    numbers(0, total).map((n) =>
      producer.send({ topic: topicOfOne, key, value: Buffer.from(n), headers: {} }),
    ),
  );
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const first = await Member.join(async () => await opened);
  await waitUntil('the partition to be paused', () => first.pauses > 0);
  const second = await Member.join(async () => await Promise.reject(new Error('not here')));
  await second.leave();
  open();
  await waitUntil('all of them', () => new Set(first.completed).size === total);
});

it('commits nothing of a partition that was assigned to another member meanwhile', async () => {
  await produce(0, 30);
  let release!: () => void;
  const released = new Promise<void>((resolve) => (release = resolve));
  // The first member hangs in the first effect of each partition, as with a frozen database.
  const first = await Member.join(async () => await released);
  await waitUntil('it owns all partitions', async () => (await committed()) === 0n);
  const second = await Member.join();
  await waitUntil(
    'the second has completed the records of its partitions',
    () => second.completed.length > 0,
  );
  const stable = await committedOnceStable();
  expect(stable).toBe(BigInt(second.completed.length));
  release();
  // The first continues with its remaining partitions. The offsets of the second stay unchanged.
  const all = numbers(0, 30);
  await waitUntil('all 30', () => new Set(everythingCompleted()).size === all.length);
  await waitUntil('all committed', async () => (await committed()) === 30n);
  expect(first.completed.length).toBeGreaterThan(0);
});

async function committedOnceStable(): Promise<bigint> {
  let before = await committed();
  return await waitUntil('commits that stay', async () => {
    const now = await committed();
    if (now > 0n && now === before) return now;
    before = now;
    return undefined;
  });
}

it('passes the counted attempts of a record to the next owner', async () => {
  await produce(0, 1);
  const first = await Member.join(async (_, lane) => {
    await lane.rememberAttempts(3);
    await lane.park(untilCancelled);
  });
  await waitUntil('the count in the offset metadata', async () =>
    (await metadata()).includes('"a"'),
  );
  await first.leave();
  const before: number[] = [];
  const second = await Member.join(async (_, lane) => void before.push(lane.attemptsBefore));
  await waitUntil('it is completed', () => second.completed.length === 1);
  expect(before).toEqual([3]);
});

it('completes other users while one is parked, and commits nothing past the parked record', async () => {
  await produce(0, 30);
  const member = await Member.join(async ({ value }, lane) => {
    if (Number(value) === 3) await lane.park(untilCancelled);
  });
  // Numbers 10, 17 and 24 are the parked user's too.
  await waitUntil('all other users', () => member.completed.length === 26);
  expect(member.completed.map(Number).filter((n) => n % 7 === 3)).toEqual([]);
  expect(await committed()).toBeLessThan(30n);
});

it('is alive while an open circuit pauses fetching, and continues within a second', async () => {
  const member = await Member.join();
  member.membership.setPaused(true);
  await produce(0, 5);
  await waitUntil('all partitions paused', () => member.pauses >= PARTITIONS);
  expect(() => member.membership.assertFetching()).not.toThrow();
  expect(member.completed).toEqual([]);
  member.membership.setPaused(false);
  await waitUntil('all five', () => member.completed.length === 5);
});

async function untilCancelled(signal: AbortSignal): Promise<void> {
  await new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

/** The metadata of the committed offsets. */
async function metadata(): Promise<string> {
  const { committedAt } = await groupCommits({ ...connection, groupId, topics: [topic] });
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  return partitions.map((partition) => committedAt({ topic, partition })?.metadata ?? '').join();
}

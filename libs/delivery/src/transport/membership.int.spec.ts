import { randomUUID } from 'node:crypto';
import { testAddresses, waitUntil } from '@effectively-once/testing';
import { committedOffsets, ensureTopics, groupCommits } from '@effectively-once/kafka';
import { RecordProducer } from '@effectively-once/kafka';
import type { KafkaRecord } from '@effectively-once/kafka';
import { Membership } from './membership.js';
import { BACKLOG_MAX, type RecordLane } from '../partition/partition.js';

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
  readonly settled: string[] = [];
  pauses = 0;
  readonly membership: Membership;
  private left = false;

  constructor(settle: (record: KafkaRecord, lane: RecordLane) => Promise<void>) {
    this.membership = new Membership({
      brokers,
      groupId,
      topics: [topic],
      sessionTimeoutMs: 6_000,
      settle: async (record, lane) => {
        await settle(record, lane);
        this.settled.push(String(record.value));
      },
      onAssigned: () => undefined,
      onLag: () => undefined,
      onHeld: () => undefined,
      onParked: () => undefined,
      onPauseReasons: (_, reasons) => (this.pauses += reasons.size > 0 ? 1 : 0),
      onError: () => undefined,
      onCrash: (error) => {
        throw error;
      },
    });
  }

  static async join(
    settle: (record: KafkaRecord, lane: RecordLane) => Promise<void> = async () => undefined,
  ) {
    const member = new Member(settle);
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

const everythingSettled = () => members.flatMap(({ settled }) => settled);
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

async function committed(): Promise<bigint> {
  const offsets = await committedOffsets({ ...connection, groupId, topics: [topic] });
  const perPartition = [...(offsets.get(topic)?.values() ?? [])];
  return perPartition.reduce((sum, offset) => sum + (offset > 0n ? offset : 0n), 0n);
}

it('goes on after a graceful restart exactly where it had come to', async () => {
  await produce(0, 30);
  const first = await Member.join();
  await waitUntil('30 settled', () => first.settled.length >= 30);
  await first.leave();
  await expect(committed()).resolves.toBe(30n);
  await produce(30, 40);
  const second = await Member.join();
  await waitUntil('the other 10', () => second.settled.length >= 10);
  expect([...second.settled].sort()).toEqual(numbers(30, 40).sort());
});

it('gets a record again that it had not settled when it went', async () => {
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
  await waitUntil('all five', () => second.settled.length >= 5);
  expect([...second.settled].sort()).toEqual(numbers(0, 5));
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
  await waitUntil('all 180', () => new Set(everythingSettled()).size === all.length);
  expect([...new Set(everythingSettled())].sort()).toEqual([...all].sort());
});

it('keeps the order of each user', async () => {
  await produce(0, 70);
  // Of a user's records now the earlier takes longer, now the later.
  const unevenly = async ({ value }: KafkaRecord) =>
    await new Promise<void>((resolve) => setTimeout(resolve, (Number(value) % 4) * 3));
  const member = await Member.join(unevenly);
  await waitUntil('70 settled', () => member.settled.length >= 70);
  for (let user = 0; user < 7; user += 1) {
    const ofUser = member.settled.map(Number).filter((n) => n % 7 === user);
    expect(ofUser).toEqual([...ofUser].sort((a, b) => a - b));
  }
});

// kafkajs keeps a pause across a rebalance; whoever paused is gone by then, and nobody would resume.
it('fetches a partition again that was full, and paused, when the group was dealt anew', async () => {
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
  await waitUntil('all of them', () => new Set(first.settled).size === total);
});

it('commits nothing of a partition that another member was dealt meanwhile', async () => {
  await produce(0, 30);
  let release!: () => void;
  const released = new Promise<void>((resolve) => (release = resolve));
  // The first member hangs in the first effect of each partition, as one with a frozen database would.
  const first = await Member.join(async () => await released);
  await waitUntil('it holds all partitions', async () => (await committed()) === 0n);
  const second = await Member.join();
  await waitUntil('the second has settled what it was dealt', () => second.settled.length > 0);
  const dealt = await committedOnceStable();
  expect(dealt).toBe(BigInt(second.settled.length));
  release();
  // The first goes on with what it was left with; what the second committed stays where it is.
  const all = numbers(0, 30);
  await waitUntil('all 30', () => new Set(everythingSettled()).size === all.length);
  await waitUntil('all committed', async () => (await committed()) === 30n);
  expect(first.settled.length).toBeGreaterThan(0);
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

it('hands the counted attempts of a record to whoever takes it over', async () => {
  await produce(0, 1);
  const first = await Member.join(async (_, lane) => {
    await lane.rememberAttempts(3);
    await lane.park(untilCalledOff);
  });
  await waitUntil('the count to lie beside the offset', async () =>
    (await notes()).includes('"a"'),
  );
  await first.leave();
  const before: number[] = [];
  const second = await Member.join(async (_, lane) => void before.push(lane.attemptsBefore));
  await waitUntil('it is settled', () => second.settled.length === 1);
  expect(before).toEqual([3]);
});

it('settles other users while one is parked, and commits nothing past him', async () => {
  await produce(0, 30);
  const member = await Member.join(async ({ value }, lane) => {
    if (Number(value) === 3) await lane.park(untilCalledOff);
  });
  // Numbers 10, 17 and 24 are the parked user's too.
  await waitUntil('everybody else', () => member.settled.length === 26);
  expect(member.settled.map(Number).filter((n) => n % 7 === 3)).toEqual([]);
  expect(await committed()).toBeLessThan(30n);
});

it('is alive while it fetches nothing because a circuit is open, and goes on within the second', async () => {
  const member = await Member.join();
  member.membership.setPaused(true);
  await produce(0, 5);
  await waitUntil('all partitions paused', () => member.pauses >= PARTITIONS);
  expect(() => member.membership.assertFetching()).not.toThrow();
  expect(member.settled).toEqual([]);
  member.membership.setPaused(false);
  await waitUntil('all five', () => member.settled.length === 5);
});

async function untilCalledOff(signal: AbortSignal): Promise<void> {
  await new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

/** What lies beside the committed offsets. */
async function notes(): Promise<string> {
  const { committedAt } = await groupCommits({ ...connection, groupId, topics: [topic] });
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  return partitions.map((partition) => committedAt({ topic, partition })?.metadata ?? '').join();
}

import type { GroupMember, GroupPosition, OffsetRange } from '@effectively-once/kafka';
import { GroupLag, STALLED_AFTER_MS } from './group-lag.js';
import { reportOf } from './group-watch.js';

const TOPIC = 'payment.completed';
const START_MS = 1_000_000;
const worker: GroupMember = {
  clientId: 'email-1',
  host: '10.0.0.7',
  partitions: [{ topic: TOPIC, partition: 0 }],
};

/** The log of partition 0: the timestamp of each record, or undefined for a control record. */
let log: (number | undefined)[];
let reads: OffsetRange[];
let lag: GroupLag;

beforeEach(() => {
  log = [];
  reads = [];
  lag = new GroupLag('email', async (_, ranges) => {
    const range = ranges.get(0)!;
    reads.push(range);
    const first = log
      .slice(Number(range.from), Number(range.end))
      .find((timestampMs) => timestampMs !== undefined);
    return new Map(first === undefined ? [] : [[0, { timestampMs: first }]]);
  });
});

async function measure(committed: number, nowMs: number, changed: Partial<GroupPosition> = {}) {
  const position = { topic: TOPIC, partition: 0, committed: BigInt(committed), start: 0n };
  const positions = [{ ...position, end: BigInt(log.length), ...changed }];
  const [first] = await lag.measure({ positions, members: [worker] }, nowMs);
  return first!;
}

it('has no lag, and reads nothing, when everything is committed', async () => {
  log = [START_MS, START_MS];
  await expect(measure(2, START_MS)).resolves.toMatchObject({
    lag: 0,
    oldestMs: 0,
    isStalled: false,
  });
  expect(reads).toEqual([]);
});

it('measures the age from the timestamp of the oldest record, also right after a start', async () => {
  log = [START_MS, START_MS + 500, START_MS + 900];
  await expect(measure(1, START_MS + 10_500)).resolves.toMatchObject({
    lag: 2,
    oldestMs: 10_000,
    member: 'email-1 at 10.0.0.7',
  });
});

it('reads no timestamp of records that arrived after the last measurement', async () => {
  await measure(0, START_MS);
  log = [START_MS + 1, START_MS + 2];
  await expect(measure(0, START_MS + 10)).resolves.toMatchObject({ lag: 2, oldestMs: 0 });
  await expect(measure(2, START_MS + 20)).resolves.toMatchObject({ lag: 0 });
  expect(reads).toEqual([]);
});

it('reads the record of a partition that does not move once, and its age grows', async () => {
  log = [START_MS];
  await measure(0, START_MS + 1_000);
  log.push(START_MS + 2_000);
  await expect(measure(0, START_MS + 30_000)).resolves.toMatchObject({ lag: 2, oldestMs: 30_000 });
  expect(reads).toHaveLength(1);
});

it('a consumer that catches up with a backlog is not stalled, however old its records are', async () => {
  log = Array.from({ length: 10 }, () => START_MS);
  await measure(0, START_MS + STALLED_AFTER_MS);
  await expect(measure(5, START_MS + 2 * STALLED_AFTER_MS)).resolves.toMatchObject({
    lag: 5,
    oldestMs: 2 * STALLED_AFTER_MS,
    isStalled: false,
  });
});

it('is stalled when nothing was committed for a minute although there is a record', async () => {
  log = [START_MS];
  await measure(0, START_MS);
  await expect(measure(0, START_MS + STALLED_AFTER_MS - 1)).resolves.toMatchObject({
    isStalled: false,
  });
  await expect(measure(0, START_MS + STALLED_AFTER_MS)).resolves.toMatchObject({ isStalled: true });
  await expect(measure(1, START_MS + STALLED_AFTER_MS + 1)).resolves.toMatchObject({
    isStalled: false,
  });
});

it('has no lag when only the ends of transactions are left, and reads them once', async () => {
  log = [START_MS, undefined];
  await expect(measure(1, START_MS)).resolves.toMatchObject({ lag: 0, oldestMs: 0 });
  await expect(measure(1, START_MS + STALLED_AFTER_MS)).resolves.toMatchObject({
    lag: 0,
    isStalled: false,
  });
  expect(reads).toHaveLength(1);
  // A record behind them is a lag again; only what is new is read.
  log.push(START_MS + STALLED_AFTER_MS);
  await measure(1, START_MS + STALLED_AFTER_MS + 1);
  await expect(measure(1, START_MS + STALLED_AFTER_MS + 5_000)).resolves.toMatchObject({
    oldestMs: 5_000,
  });
  expect(reads.at(-1)).toEqual({ from: 2n, end: 3n });
});

it('a group that has never committed lags by everything that is still there', async () => {
  log = [START_MS, START_MS, START_MS];
  await expect(measure(-1, START_MS, { start: 1n })).resolves.toMatchObject({ lag: 2 });
});

it.each([
  ['of the future', START_MS * 10],
  ['missing', -1],
])('a timestamp that is %s does not hide how long a record waits', async (_, timestampMs) => {
  log = [timestampMs];
  await measure(0, START_MS);
  await expect(measure(0, START_MS + 70_000)).resolves.toMatchObject({ oldestMs: 70_000 });
});

it('a report names the stalled member, and what to do about it', () => {
  const partition = { topic: TOPIC, lag: 1, oldestMs: 90_000, isStalled: false, member: 'email-1' };
  const report = reportOf('email', [
    { ...partition, partition: 0 },
    { ...partition, partition: 1, isStalled: true, member: 'idle at 10.0.0.9' },
    { ...partition, partition: 2, isStalled: true, member: 'none' },
  ]);
  expect(report).toEqual({
    lag: 3,
    oldestSeconds: 90,
    members: [
      { name: 'email-1', partitions: 1, stalled: [] },
      { name: 'idle at 10.0.0.9', partitions: 1, stalled: ['payment.completed/1'] },
      { name: 'none', partitions: 1, stalled: ['payment.completed/2'] },
    ],
    advice: expect.stringMatching(/idle at 10.0.0.9 owns .* end that process.* start email/),
  });
  expect(reportOf('email', [])).toEqual({ lag: 0, oldestSeconds: 0, members: [] });
});

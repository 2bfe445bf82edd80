import type { KafkaRecord } from '../kafka-record.js';
import { aRecord } from '../record.fixture.js';
import { decodeNote, emptyNote, type Note } from './note.js';
import { BACKLOG_LOW, BACKLOG_MAX, LANES_MAX, Partition, type RecordLane } from './partition.js';
import { OneAtATime } from './suspicion.js';
import { WINDOW_AGE_MAX_MS, WINDOW_RECORDS_MAX } from './window.js';

type Settle = (record: KafkaRecord, lane: RecordLane) => Promise<void>;

function aPartition(
  settle: Settle,
  overrides: Partial<ConstructorParameters<typeof Partition>[0]> = {},
) {
  const commits: { next: bigint; note: Note }[] = [];
  const pauses: string[][] = [];
  const partition = new Partition({
    name: 'topic/0',
    settle,
    commit: async (next, metadata) => void commits.push({ next, note: decodeNote(metadata) }),
    onPauseReasons: (reasons) => pauses.push([...reasons]),
    onParked: () => undefined,
    onLag: () => undefined,
    onError: () => undefined,
    wait: async (_, signal) => {
      await turns();
      signal.throwIfAborted();
    },
    now: () => 0,
    memberName: 'me',
    oneAtATime: new OneAtATime(),
    ...overrides,
  });
  return { partition, commits, pauses };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));
const user = (name: string) => Buffer.from(name);
const records = (from: number, to: number, keyOf: (n: number) => string) =>
  Array.from({ length: to - from }, (_, index) =>
    aRecord({ offset: BigInt(from + index), key: user(keyOf(from + index)) }),
  );

async function untilCalledOff(signal: AbortSignal): Promise<void> {
  await new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; !isTrue(); turn += 1) {
    if (turn > 20_000) throw new Error('never became true');
    await turns();
  }
}

it('commits up to the first record that is not settled, however much lies settled behind it', async () => {
  let release!: () => void;
  const stuck = new Promise<void>((resolve) => (release = resolve));
  const settled: bigint[] = [];
  const { partition, commits } = aPartition(async ({ offset }) => {
    if (offset === 2n) await stuck;
    settled.push(offset);
  });
  partition.push(
    records(0, 20, (n) => `user-${n}`),
    20n,
  );
  partition.open(emptyNote());
  await until(() => settled.length === 19 && commits.at(-1)?.next === 2n);
  release();
  await until(() => commits.at(-1)?.next === 20n);
  await partition.close({ commit: true });
});

// The bar: with a clock that only moves when the failing record waits, nobody else sees it move.
it('adds no wait at all to other lanes while one record fails five times with real back-off', async () => {
  let nowMs = 0;
  const settledAtMs = new Map<string, number>();
  const waits: (() => void)[] = [];
  const { partition } = aPartition(async ({ key }, lane) => {
    const name = String(key);
    for (const ms of name === 'bad' ? [500, 2_000, 8_000, 30_000] : []) {
      await lane.park(async () => {
        await new Promise<void>((resolve) => waits.push(resolve));
        nowMs += ms;
      });
    }
    settledAtMs.set(name, nowMs);
  });
  partition.push(
    records(0, 500, (n) => (n === 0 ? 'bad' : `user-${n}`)),
    500n,
  );
  partition.open(emptyNote());
  await until(() => settledAtMs.size === 499);
  expect(new Set(settledAtMs.values())).toEqual(new Set([0]));
  await until(() => {
    waits.shift()?.();
    return settledAtMs.has('bad');
  });
  expect(settledAtMs.get('bad')).toBe(40_500);
  await partition.close({ commit: true });
});

it('says who holds the partition before its first effect, and that it left when it leaves', async () => {
  const { partition, commits } = aPartition(async () => {
    expect(commits[0]).toMatchObject({ next: 5n, note: { holder: 'me' } });
  });
  partition.push(
    records(5, 6, () => 'u'),
    6n,
  );
  partition.open(emptyNote());
  await until(() => commits.at(-1)?.next === 6n);
  await partition.close({ commit: true });
  expect(commits.at(-1)).toMatchObject({ next: 6n });
  expect(commits.at(-1)?.note.holder).toBeUndefined();
});

it('remembers a counted attempt before it is waited for, and forgets it once settled', async () => {
  const { partition, commits } = aPartition(async (_, lane) => {
    if (lane.attemptsBefore > 0) throw new Error('there were none');
    await lane.rememberAttempts(3);
    expect(commits.at(-1)?.note.attempts).toEqual(new Map([[0n, 3]]));
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open(emptyNote());
  await until(() => commits.at(-1)?.next === 1n);
  expect(commits.at(-1)?.note.attempts.size).toBe(0);
  await partition.close({ commit: true });
});

it('hands a record the attempts that were counted before', async () => {
  const before: number[] = [];
  const { partition } = aPartition(async (_, lane) => void before.push(lane.attemptsBefore));
  partition.push(
    records(0, 2, () => 'u'),
    2n,
  );
  partition.open({ ...emptyNote(), attempts: new Map([[1n, 4]]) });
  await until(() => before.length === 2);
  expect(before).toEqual([0, 4]);
  await partition.close({ commit: true });
});

it('gives a record that comes back no new attempts', async () => {
  const before: number[] = [];
  const { partition, commits } = aPartition(async (_, lane) => {
    before.push(lane.attemptsBefore);
    await lane.rememberAttempts(4);
    if (before.length === 1) throw new Error('the dead-letter topic refused');
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open(emptyNote());
  await until(() => commits.at(-1)?.next === 1n);
  expect(before).toEqual([0, 4]);
  await partition.close({ commit: true });
});

it('delivers a record again when it could not be settled, and commits nothing before', async () => {
  let refusals = 2;
  const before: bigint[] = [];
  const { partition, commits } = aPartition(async () => {
    before.push(...commits.map(({ next }) => next));
    if (refusals-- > 0) throw new Error('the dead-letter topic refused');
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open(emptyNote());
  await until(() => commits.at(-1)?.next === 1n);
  await partition.close({ commit: true });
  expect(refusals).toBeLessThan(0);
  expect(before.filter((next) => next > 0n)).toEqual([]);
});

it('commits nothing of a partition that went to someone else', async () => {
  let release!: () => void;
  const running = new Promise<void>((resolve) => (release = resolve));
  const started: bigint[] = [];
  const { partition, commits } = aPartition(async ({ offset }) => {
    started.push(offset);
    await running;
  });
  partition.push(
    records(0, 3, () => 'u'),
    3n,
  );
  partition.open(emptyNote());
  await until(() => started.length === 1);
  const closing = partition.close({ commit: false });
  release();
  await closing;
  await turns();
  expect(started).toEqual([0n]);
  expect(commits.filter(({ next }) => next > 0n)).toEqual([]);
});

it('calls off what is parked when it closes, and settles none of it', async () => {
  let calledOff = false;
  let isParked = false;
  const { partition, commits } = aPartition(async (_, lane) => {
    isParked = true;
    await lane.park(untilCalledOff).catch((error: unknown) => {
      calledOff = true;
      throw error;
    });
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open(emptyNote());
  await until(() => isParked);
  await partition.close({ commit: true });
  expect(calledOff).toBe(true);
  expect(commits.at(-1)?.next).toBe(0n);
});

it('is paused while too many records wait for a slot, and resumed when half of them are gone', async () => {
  let settled = 0;
  let settledAtResume = 0;
  const { partition, pauses } = aPartition(async () => void (settled += 1), {
    onPauseReasons: (reasons) => {
      pauses.push([...reasons]);
      if (reasons.size === 0) settledAtResume = settled;
    },
  });
  partition.push(
    records(0, BACKLOG_MAX, (n) => `user-${n % 100}`),
    BigInt(BACKLOG_MAX),
  );
  expect(pauses).toEqual([['backlog']]);
  partition.open(emptyNote());
  await until(() => settled === BACKLOG_MAX);
  expect(pauses).toEqual([['backlog'], []]);
  expect(settledAtResume).toBeGreaterThanOrEqual(BACKLOG_MAX - BACKLOG_LOW - LANES_MAX);
  expect(settledAtResume).toBeLessThanOrEqual(BACKLOG_MAX - BACKLOG_LOW + LANES_MAX);
  await partition.close({ commit: true });
});

it('does not pause for records that wait behind a parked one of their own user', async () => {
  let isParked = false;
  const { partition, pauses } = aPartition(async (_, lane) => {
    await lane.park(async (signal) => {
      isParked = true;
      await untilCalledOff(signal);
    });
  });
  partition.open(emptyNote());
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  await until(() => isParked);
  partition.push(
    records(1, BACKLOG_MAX + 100, () => 'u'),
    BigInt(BACKLOG_MAX + 100),
  );
  expect(pauses).toEqual([]);
  await partition.close({ commit: true });
});

it('is paused when one unsettled record holds up its whole window, and only then resumed', async () => {
  let release!: () => void;
  const stuck = new Promise<void>((resolve) => (release = resolve));
  const { partition, pauses, commits } = aPartition(async ({ offset }, lane) => {
    if (offset === 0n) await lane.park(() => stuck);
  });
  partition.open(emptyNote());
  const total = WINDOW_RECORDS_MAX;
  for (let from = 0; from < total; from += 1_000) {
    partition.push(
      records(from, from + 1_000, (n) => `user-${n}`),
      BigInt(total),
    );
    await turns();
  }
  await until(() => pauses.at(-1)?.join() === 'window_full');
  release();
  await until(() => commits.at(-1)?.next === BigInt(total));
  expect(pauses.at(-1)).toEqual([]);
  await partition.close({ commit: true });
});

it('runs suspected records one at a time, each marked before its effect and cleared after', async () => {
  const log: string[] = [];
  const marked = () => commits.at(-1)?.note.runsAlone;
  const { partition, commits } = aPartition(async ({ offset }, lane) => {
    await lane.attempt(async () => {
      log.push(`start ${offset}, marked ${marked()}`);
      await turns();
      log.push(`end ${offset}`);
    });
  });
  partition.push(
    records(0, 6, (n) => `user-${n}`),
    6n,
  );
  partition.open({ ...emptyNote(), takeovers: 2, suspectedBelow: 2n });
  await until(() => commits.at(-1)?.next === 6n);
  expect(log.slice(0, 4)).toEqual([
    ...['start 0, marked 0', 'end 0', 'start 1, marked 1', 'end 1'],
  ]);
  expect(log).toContain('start 5, marked undefined');
  expect(commits.at(-1)?.note.suspectedBelow).toBeUndefined();
  await partition.close({ commit: true });
});

it('starts nothing any more once it closes, however many wait for their turn', async () => {
  let release!: () => void;
  const running = new Promise<void>((resolve) => (release = resolve));
  const started: bigint[] = [];
  const { partition } = aPartition(async ({ offset }, lane) => {
    await lane.attempt(async () => {
      started.push(offset);
      await running;
    });
  });
  partition.push(
    records(0, 5, (n) => `user-${n}`),
    5n,
  );
  partition.open({ ...emptyNote(), suspectedBelow: 1n });
  await until(() => started.length === 1);
  const closing = partition.close({ commit: true });
  release();
  await closing;
  expect(started).toEqual([0n]);
});

// Another member was dealt it, or this one anew: a pause by who is gone would be ended by nobody.
it('has no say about fetching once it is closed, however long its last effect takes', async () => {
  let nowMs = 0;
  let release!: () => void;
  const running = new Promise<void>((resolve) => (release = resolve));
  const lags: number[] = [];
  const { partition, pauses } = aPartition(
    async ({ offset }, lane) => {
      if (offset === 1n) await lane.park(untilCalledOff);
      await running;
    },
    { now: () => nowMs, onLag: (lag) => lags.push(lag) },
  );
  partition.open(emptyNote());
  partition.push(
    records(0, 2, (n) => `user-${n}`),
    2n,
  );
  await turns();
  lags.length = 0;
  const closing = partition.close({ commit: false });
  nowMs = WINDOW_AGE_MAX_MS;
  release();
  await closing;
  expect(pauses).toEqual([]);
  expect(lags).toEqual([]);
});

it('erases nothing of what the member before wrote down when it closes before it was opened', async () => {
  const { partition, commits } = aPartition(async () => undefined);
  partition.push(
    records(7, 9, () => 'u'),
    9n,
  );
  await partition.close({ commit: true });
  expect(commits).toEqual([]);
});

it('takes an attempt for what it was although the partition closes before its mark is cleared', async () => {
  let isStuck = false;
  const outcomes: string[] = [];
  const { partition } = aPartition(
    async (_, lane) => {
      outcomes.push(await lane.attempt(async () => ((isStuck = true), 'worked')));
    },
    { commit: async () => (isStuck ? await new Promise((_, no) => setImmediate(no)) : undefined) },
  );
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open({ ...emptyNote(), suspectedBelow: 1n });
  await until(() => isStuck);
  await turns();
  await partition.close({ commit: false });
  expect(outcomes).toEqual(['worked']);
});

import { aRecord } from '../testing/record.fixture.js';
import { emptyNote } from '../recovery/offset-metadata.js';
import { aPartition, records, turns, until, untilCalledOff } from './partition.fixture.js';
import { WINDOW_RECORDS_MAX } from './offset-tracker.js';

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

it('commits a count only when it changed, and none that was taken back', async () => {
  const notes: Map<bigint, number>[] = [];
  const { partition, commits } = aPartition(async (_, lane) => {
    const before = commits.length;
    await lane.rememberAttempts(0);
    expect(commits).toHaveLength(before);
    for (const count of [2, 2, 0]) {
      await lane.rememberAttempts(count);
      notes.push(commits.at(-1)?.note.attempts ?? new Map());
    }
    expect(commits).toHaveLength(before + 2);
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open(emptyNote());
  await until(() => commits.at(-1)?.next === 1n);
  expect(notes).toEqual([new Map([[0n, 2]]), new Map([[0n, 2]]), new Map()]);
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

it('keeps no record without a key waiting for another', async () => {
  const started: bigint[] = [];
  const { partition } = aPartition(async ({ offset }, lane) => {
    started.push(offset);
    await lane.park(untilCalledOff);
  });
  partition.push(
    [0n, 1n].map((offset) => aRecord({ offset, key: null })),
    2n,
  );
  partition.open(emptyNote());
  await until(() => started.length === 2);
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

it('says how much its window holds: from the oldest unsettled record on, settled or not', async () => {
  let release!: () => void;
  const stuck = new Promise<void>((resolve) => (release = resolve));
  const held: number[] = [];
  const { partition } = aPartition(
    async ({ offset }) => {
      if (offset === 0n) await stuck;
    },
    { onHeld: (records) => held.push(records) },
  );
  partition.open(emptyNote());
  partition.push([aRecord({ offset: 0n }), aRecord({ offset: 1n })], 2n);
  expect(held.at(-1)).toBe(2);
  release();
  await until(() => held.at(-1) === 0);
  await partition.close({ commit: true });
});

it('says since when its oldest record waits, until all are settled', async () => {
  let release!: () => void;
  const stuck = new Promise<void>((resolve) => (release = resolve));
  const since: (number | undefined)[] = [];
  const { partition } = aPartition(
    async ({ offset }) => {
      if (offset === 0n) await stuck;
    },
    { onLag: (_, unsettledSinceMs) => since.push(unsettledSinceMs) },
  );
  partition.open(emptyNote());
  partition.push(
    [aRecord({ offset: 0n, timestampMs: 1_000 }), aRecord({ offset: 1n, timestampMs: 2_000 })],
    2n,
  );
  expect(since).toEqual([1_000]);
  release();
  await until(() => since.length > 1 && since.at(-1) === undefined);
  await partition.close({ commit: true });
});

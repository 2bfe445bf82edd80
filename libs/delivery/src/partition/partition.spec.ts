import { aRecord } from '../testing/record.fixture.js';
import { emptyMetadata } from '../recovery/offset-metadata.js';
import { aPartition, records, turns, until, untilCancelled } from './partition.fixture.js';
import { IN_FLIGHT_RECORDS_MAX } from './offset-tracker.js';

it('commits up to the first incomplete record, although many records behind it are complete', async () => {
  let release!: () => void;
  const stuck = new Promise<void>((resolve) => (release = resolve));
  const completed: bigint[] = [];
  const { partition, commits } = aPartition(async ({ offset }) => {
    if (offset === 2n) await stuck;
    completed.push(offset);
  });
  partition.push(
    records(0, 20, (n) => `user-${n}`),
    20n,
  );
  partition.open(emptyMetadata());
  await until(() => completed.length === 19 && commits.at(-1)?.next === 2n);
  release();
  await until(() => commits.at(-1)?.next === 20n);
  await partition.close({ commit: true });
});

// The clock moves only while the failing record waits, so no other record may see it move.
it('adds no wait at all to other lanes while one record fails five times with real back-off', async () => {
  let nowMs = 0;
  const completedAtMs = new Map<string, number>();
  const waits: (() => void)[] = [];
  const { partition } = aPartition(async ({ key }, lane) => {
    const name = String(key);
    for (const ms of name === 'bad' ? [500, 2_000, 8_000, 30_000] : []) {
      await lane.park(async () => {
        await new Promise<void>((resolve) => waits.push(resolve));
        nowMs += ms;
      });
    }
    completedAtMs.set(name, nowMs);
  });
  partition.push(
    records(0, 500, (n) => (n === 0 ? 'bad' : `user-${n}`)),
    500n,
  );
  partition.open(emptyMetadata());
  await until(() => completedAtMs.size === 499);
  expect(new Set(completedAtMs.values())).toEqual(new Set([0]));
  await until(() => {
    waits.shift()?.();
    return completedAtMs.has('bad');
  });
  expect(completedAtMs.get('bad')).toBe(40_500);
  await partition.close({ commit: true });
});

it('stores the owner before the first effect, and removes it after a graceful leave', async () => {
  const { partition, commits } = aPartition(async () => {
    expect(commits[0]).toMatchObject({ next: 5n, metadata: { owner: 'me' } });
  });
  partition.push(
    records(5, 6, () => 'u'),
    6n,
  );
  partition.open(emptyMetadata());
  await until(() => commits.at(-1)?.next === 6n);
  await partition.close({ commit: true });
  expect(commits.at(-1)).toMatchObject({ next: 6n });
  expect(commits.at(-1)?.metadata.owner).toBeUndefined();
});

it('stores a counted attempt before the backoff, and forgets it once the record is complete', async () => {
  const { partition, commits } = aPartition(async (_, lane) => {
    if (lane.attemptsBefore > 0) throw new Error('there were none');
    await lane.rememberAttempts(3);
    expect(commits.at(-1)?.metadata.attempts).toEqual(new Map([[0n, 3]]));
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open(emptyMetadata());
  await until(() => commits.at(-1)?.next === 1n);
  expect(commits.at(-1)?.metadata.attempts.size).toBe(0);
  await partition.close({ commit: true });
});

it('starts a record with the attempts that were counted before', async () => {
  const before: number[] = [];
  const { partition } = aPartition(async (_, lane) => void before.push(lane.attemptsBefore));
  partition.push(
    records(0, 2, () => 'u'),
    2n,
  );
  partition.open({ ...emptyMetadata(), attempts: new Map([[1n, 4]]) });
  await until(() => before.length === 2);
  expect(before).toEqual([0, 4]);
  await partition.close({ commit: true });
});

it('gives a redelivered record no new attempts', async () => {
  const before: number[] = [];
  const { partition, commits } = aPartition(async (_, lane) => {
    before.push(lane.attemptsBefore);
    await lane.rememberAttempts(4);
    if (before.length === 1) throw new Error('the dead letter topic refused');
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open(emptyMetadata());
  await until(() => commits.at(-1)?.next === 1n);
  expect(before).toEqual([0, 4]);
  await partition.close({ commit: true });
});

it('commits a count only when it changed, and removes one that dropped to zero', async () => {
  const stored: Map<bigint, number>[] = [];
  const { partition, commits } = aPartition(async (_, lane) => {
    const before = commits.length;
    await lane.rememberAttempts(0);
    expect(commits).toHaveLength(before);
    for (const count of [2, 2, 0]) {
      await lane.rememberAttempts(count);
      stored.push(commits.at(-1)?.metadata.attempts ?? new Map());
    }
    expect(commits).toHaveLength(before + 2);
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open(emptyMetadata());
  await until(() => commits.at(-1)?.next === 1n);
  expect(stored).toEqual([new Map([[0n, 2]]), new Map([[0n, 2]]), new Map()]);
  await partition.close({ commit: true });
});

it('delivers a record again when it could not be completed, and commits nothing before', async () => {
  let refusals = 2;
  const before: bigint[] = [];
  const { partition, commits } = aPartition(async () => {
    before.push(...commits.map(({ next }) => next));
    if (refusals-- > 0) throw new Error('the dead letter topic refused');
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open(emptyMetadata());
  await until(() => commits.at(-1)?.next === 1n);
  await partition.close({ commit: true });
  expect(refusals).toBeLessThan(0);
  expect(before.filter((next) => next > 0n)).toEqual([]);
});

it('lets no record without a key wait for another', async () => {
  const started: bigint[] = [];
  const { partition } = aPartition(async ({ offset }, lane) => {
    started.push(offset);
    await lane.park(untilCancelled);
  });
  partition.push(
    [0n, 1n].map((offset) => aRecord({ offset, key: null })),
    2n,
  );
  partition.open(emptyMetadata());
  await until(() => started.length === 2);
  await partition.close({ commit: true });
});

it('pauses at the in-flight limit until its oldest record is complete', async () => {
  let release!: () => void;
  const stuck = new Promise<void>((resolve) => (release = resolve));
  const { partition, pauses, commits } = aPartition(async ({ offset }, lane) => {
    if (offset === 0n) await lane.park(() => stuck);
  });
  partition.open(emptyMetadata());
  const total = IN_FLIGHT_RECORDS_MAX;
  for (let from = 0; from < total; from += 1_000) {
    partition.push(
      records(from, from + 1_000, (n) => `user-${n}`),
      BigInt(total),
    );
    await turns();
  }
  await until(() => pauses.at(-1)?.join() === 'in_flight_limit');
  release();
  await until(() => commits.at(-1)?.next === BigInt(total));
  expect(pauses.at(-1)).toEqual([]);
  await partition.close({ commit: true });
});

it('commits nothing of a revoked partition', async () => {
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
  partition.open(emptyMetadata());
  await until(() => started.length === 1);
  const closing = partition.close({ commit: false });
  release();
  await closing;
  await turns();
  expect(started).toEqual([0n]);
  expect(commits.filter(({ next }) => next > 0n)).toEqual([]);
});

it('runs isolated records in serial mode, each stored before its effect and cleared after', async () => {
  const log: string[] = [];
  const stored = () => commits.at(-1)?.metadata.runsAlone;
  const { partition, commits } = aPartition(async ({ offset }, lane) => {
    await lane.attempt(async () => {
      log.push(`start ${offset}, stored ${stored()}`);
      await turns();
      log.push(`end ${offset}`);
    });
  });
  partition.push(
    records(0, 6, (n) => `user-${n}`),
    6n,
  );
  partition.open({ ...emptyMetadata(), takeovers: 2, isolatedBelow: 2n });
  await until(() => commits.at(-1)?.next === 6n);
  expect(log.slice(0, 4)).toEqual(['start 0, stored 0', 'end 0', 'start 1, stored 1', 'end 1']);
  expect(log).toContain('start 5, stored undefined');
  expect(commits.at(-1)?.metadata.isolatedBelow).toBeUndefined();
  await partition.close({ commit: true });
});

it('reports the records in flight: all from the oldest incomplete record on', async () => {
  let release!: () => void;
  const stuck = new Promise<void>((resolve) => (release = resolve));
  const inFlight: number[] = [];
  const { partition } = aPartition(
    async ({ offset }) => {
      if (offset === 0n) await stuck;
    },
    { inFlight: (_, records) => inFlight.push(records) },
  );
  partition.open(emptyMetadata());
  partition.push([aRecord({ offset: 0n }), aRecord({ offset: 1n })], 2n);
  expect(inFlight.at(-1)).toBe(2);
  release();
  await until(() => inFlight.at(-1) === 0);
  await partition.close({ commit: true });
});

it('reports the timestamp of its oldest incomplete record, until all are complete', async () => {
  let release!: () => void;
  const stuck = new Promise<void>((resolve) => (release = resolve));
  const since: (number | undefined)[] = [];
  const { partition } = aPartition(
    async ({ offset }) => {
      if (offset === 0n) await stuck;
    },
    { lagging: (_, __, sinceMs) => since.push(sinceMs) },
  );
  partition.open(emptyMetadata());
  partition.push(
    [aRecord({ offset: 0n, timestampMs: 1_000 }), aRecord({ offset: 1n, timestampMs: 2_000 })],
    2n,
  );
  expect(since).toEqual([1_000]);
  release();
  await until(() => since.length > 1 && since.at(-1) === undefined);
  await partition.close({ commit: true });
});

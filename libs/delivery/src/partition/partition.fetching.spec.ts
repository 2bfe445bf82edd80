import { emptyNote } from '../recovery/offset-metadata.js';
import { aPartition, records, turns, until, untilCalledOff } from './partition.fixture.js';
import { BACKLOG_LOW, BACKLOG_MAX, LANES_MAX } from './partition.js';
import { WINDOW_AGE_MAX_MS } from './offset-tracker.js';

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

it('does not call its window full for the time a circuit was open', async () => {
  let nowMs = 0;
  const { partition, pauses } = aPartition(
    async (_, lane) => {
      await lane.park(untilCalledOff);
    },
    { now: () => nowMs },
  );
  partition.open(emptyNote());
  partition.push(
    records(0, 1, () => 'u'),
    2n,
  );
  partition.setPaused('circuit_open', true);
  nowMs = WINDOW_AGE_MAX_MS;
  partition.setPaused('circuit_open', false);
  partition.push(
    records(1, 2, () => 'v'),
    2n,
  );
  expect(pauses).toEqual([['circuit_open'], []]);
  await partition.close({ commit: true });
});

// With several brokers, what another broker's fetch from before the rebalance brought comes first.
it.each(['before', 'after'])(
  'fetches again what was committed to come next when later records come %s it is opened',
  async (when) => {
    const settled: bigint[] = [];
    const refetched: bigint[] = [];
    const { partition, commits } = aPartition(async ({ offset }) => void settled.push(offset), {
      refetch: (from) => refetched.push(from),
    });
    if (when === 'after') partition.open(emptyNote(), 5n);
    partition.push(
      records(5 + BACKLOG_MAX, 6 + BACKLOG_MAX * 2, () => 'u'),
      10_000n,
    );
    if (when === 'before') partition.open(emptyNote(), 5n);
    await turns();
    expect([refetched, settled, commits]).toEqual([[5n], [], []]);
    partition.push(
      records(5, 7, () => 'u'),
      10_000n,
    );
    await until(() => commits.at(-1)?.next === 7n);
    expect(settled).toEqual([5n, 6n]);
    await partition.close({ commit: true });
  },
);

it('is fetched again although it was dropped while it was paused', async () => {
  const { partition, pauses } = aPartition(async () => undefined);
  partition.push(
    records(7, 7 + BACKLOG_MAX, () => 'u'),
    10_000n,
  );
  expect(pauses).toEqual([['backlog']]);
  partition.open(emptyNote(), 5n);
  expect(pauses).toEqual([['backlog'], []]);
  await partition.close({ commit: true });
});

it('goes on where the log begins when what was committed to come next is there no more', async () => {
  const settled: bigint[] = [];
  const refetched: bigint[] = [];
  const { partition, commits } = aPartition(async ({ offset }) => void settled.push(offset), {
    refetch: (from) => refetched.push(from),
  });
  partition.open(emptyNote(), 5n);
  for (let time = 0; time < 2; time += 1) {
    partition.push(
      records(9, 11, () => 'u'),
      11n,
    );
  }
  await until(() => commits.at(-1)?.next === 11n);
  expect([refetched, settled]).toEqual([[5n], [9n, 10n]]);
  await partition.close({ commit: true });
});

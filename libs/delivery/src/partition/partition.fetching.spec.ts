import { emptyMetadata } from '../recovery/offset-metadata.js';
import { aPartition, records, turns, until, untilCancelled } from './partition.fixture.js';
import { BACKLOG_LOW, BACKLOG_MAX, LANES_MAX } from './partition.js';
import { IN_FLIGHT_AGE_MAX_MS } from './offset-tracker.js';

it('is paused while too many records wait for a slot, and resumed when half of them are gone', async () => {
  let completed = 0;
  let completedAtResume = 0;
  const { partition, pauses } = aPartition(async () => void (completed += 1), {
    paused: (_, reasons) => {
      pauses.push([...reasons]);
      if (reasons.size === 0) completedAtResume = completed;
    },
  });
  partition.push(
    records(0, BACKLOG_MAX, (n) => `user-${n % 100}`),
    BigInt(BACKLOG_MAX),
  );
  expect(pauses).toEqual([['backlog']]);
  partition.open(emptyMetadata());
  await until(() => completed === BACKLOG_MAX);
  expect(pauses).toEqual([['backlog'], []]);
  expect(completedAtResume).toBeGreaterThanOrEqual(BACKLOG_MAX - BACKLOG_LOW - LANES_MAX);
  expect(completedAtResume).toBeLessThanOrEqual(BACKLOG_MAX - BACKLOG_LOW + LANES_MAX);
  await partition.close({ commit: true });
});

it('does not pause for records that wait behind a parked record of their own user', async () => {
  let isParked = false;
  const { partition, pauses } = aPartition(async (_, lane) => {
    await lane.park(async (signal) => {
      isParked = true;
      await untilCancelled(signal);
    });
  });
  partition.open(emptyMetadata());
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

it('does not count the time a circuit was open towards its in-flight limit', async () => {
  let nowMs = 0;
  const { partition, pauses } = aPartition(
    async (_, lane) => {
      await lane.park(untilCancelled);
    },
    { now: () => nowMs },
  );
  partition.open(emptyMetadata());
  partition.push(
    records(0, 1, () => 'u'),
    2n,
  );
  partition.setPaused('circuit_open', true);
  nowMs = IN_FLIGHT_AGE_MAX_MS;
  partition.setPaused('circuit_open', false);
  partition.push(
    records(1, 2, () => 'v'),
    2n,
  );
  expect(pauses).toEqual([['circuit_open'], []]);
  await partition.close({ commit: true });
});

// With several brokers, a fetch of another broker from before the rebalance can arrive first.
it.each(['before', 'after'])(
  'fetches again from the committed offset when later records arrive %s it is opened',
  async (when) => {
    const completed: bigint[] = [];
    const refetched: bigint[] = [];
    const { partition, commits } = aPartition(async ({ offset }) => void completed.push(offset), {
      refetch: (_, from) => refetched.push(from),
    });
    if (when === 'after') partition.open(emptyMetadata(), 5n);
    partition.push(
      records(5 + BACKLOG_MAX, 6 + BACKLOG_MAX * 2, () => 'u'),
      10_000n,
    );
    if (when === 'before') partition.open(emptyMetadata(), 5n);
    await turns();
    expect([refetched, completed, commits]).toEqual([[5n], [], []]);
    partition.push(
      records(5, 7, () => 'u'),
      10_000n,
    );
    await until(() => commits.at(-1)?.next === 7n);
    expect(completed).toEqual([5n, 6n]);
    await partition.close({ commit: true });
  },
);

it('is fetched again although its records were dropped while it was paused', async () => {
  const { partition, pauses } = aPartition(async () => undefined);
  partition.push(
    records(7, 7 + BACKLOG_MAX, () => 'u'),
    10_000n,
  );
  expect(pauses).toEqual([['backlog']]);
  partition.open(emptyMetadata(), 5n);
  expect(pauses).toEqual([['backlog'], []]);
  await partition.close({ commit: true });
});

it('continues at the beginning of the log when the committed offset is no longer there', async () => {
  const completed: bigint[] = [];
  const refetched: bigint[] = [];
  const { partition, commits } = aPartition(async ({ offset }) => void completed.push(offset), {
    refetch: (_, from) => refetched.push(from),
  });
  partition.open(emptyMetadata(), 5n);
  for (let time = 0; time < 2; time += 1) {
    partition.push(
      records(9, 11, () => 'u'),
      11n,
    );
  }
  await until(() => commits.at(-1)?.next === 11n);
  expect([refetched, completed]).toEqual([[5n], [9n, 10n]]);
  await partition.close({ commit: true });
});

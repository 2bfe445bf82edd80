import { emptyMetadata } from '../recovery/offset-metadata.js';
import { aPartition, records, turns, until, untilCancelled } from './partition.fixture.js';
import { IN_FLIGHT_AGE_MAX_MS } from './offset-tracker.js';

it('cancels parked records when it closes, and completes none of them', async () => {
  let cancelled = false;
  let isParked = false;
  const { partition, commits } = aPartition(async (_, lane) => {
    isParked = true;
    await lane.park(untilCancelled).catch((error: unknown) => {
      cancelled = true;
      throw error;
    });
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open(emptyMetadata());
  await until(() => isParked);
  await partition.close({ commit: true });
  expect(cancelled).toBe(true);
  expect(commits.at(-1)?.next).toBe(0n);
});

it('starts no more records once it closes, although many wait in serial mode', async () => {
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
  partition.open({ ...emptyMetadata(), isolatedBelow: 1n });
  await until(() => started.length === 1);
  const closing = partition.close({ commit: true });
  release();
  await closing;
  expect(started).toEqual([0n]);
});

// The next assignment does not know the pauses of this one, so it could not end them.
it('neither pauses nor reports once it is closed, although its last effect still runs', async () => {
  let nowMs = 0;
  let release!: () => void;
  const running = new Promise<void>((resolve) => (release = resolve));
  const lags: number[] = [];
  const { partition, pauses } = aPartition(
    async ({ offset }, lane) => {
      if (offset === 1n) await lane.park(untilCancelled);
      await running;
    },
    { now: () => nowMs, lagging: (_, records) => lags.push(records) },
  );
  partition.open(emptyMetadata());
  partition.push(
    records(0, 2, (n) => `user-${n}`),
    2n,
  );
  await turns();
  lags.length = 0;
  const closing = partition.close({ commit: false });
  nowMs = IN_FLIGHT_AGE_MAX_MS;
  release();
  await closing;
  expect(pauses).toEqual([]);
  expect(lags).toEqual([]);
});

it('does not overwrite the metadata of the previous owner when it closes before it was opened', async () => {
  const { partition, commits } = aPartition(async () => undefined);
  partition.push(
    records(7, 9, () => 'u'),
    9n,
  );
  await partition.close({ commit: true });
  expect(commits).toEqual([]);
});

it('retries nothing once it closes, and does not report a cancelled record as an error', async () => {
  const errors: unknown[] = [];
  let deliveries = 0;
  let isWaiting = false;
  const { partition } = aPartition(
    async ({ offset }, lane) => {
      if (offset === 1n) await lane.park(untilCancelled);
      deliveries += 1;
      throw new Error('the dead letter topic refused');
    },
    {
      failed: (error) => errors.push(error),
      wait: async (_, signal) => {
        isWaiting = true;
        await untilCancelled(signal);
      },
    },
  );
  partition.push(
    records(0, 2, (n) => `user-${n}`),
    2n,
  );
  partition.open(emptyMetadata());
  await until(() => isWaiting && deliveries === 1);
  await partition.close({ commit: true });
  expect(deliveries).toBe(1);
  expect(errors).toEqual([new Error('the dead letter topic refused')]);
});

it('does not continue a record whose wait ended while it closed', async () => {
  let endWait!: () => void;
  const wait = new Promise<void>((resolve) => (endWait = resolve));
  let isParked = false;
  let wentOn = false;
  const { partition } = aPartition(async (_, lane) => {
    isParked = true;
    await lane.park(() => wait);
    wentOn = true;
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open(emptyMetadata());
  await until(() => isParked);
  const closing = partition.close({ commit: true });
  endWait();
  await closing;
  expect(wentOn).toBe(false);
});

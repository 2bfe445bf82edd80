import { emptyNote } from '../recovery/offset-metadata.js';
import { aPartition, records, turns, until, untilCalledOff } from './partition.fixture.js';
import { WINDOW_AGE_MAX_MS } from './offset-tracker.js';

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

it('delivers nothing again once it closes, and calls nothing off an error', async () => {
  const errors: unknown[] = [];
  let deliveries = 0;
  let isWaiting = false;
  const { partition } = aPartition(
    async ({ offset }, lane) => {
      if (offset === 1n) await lane.park(untilCalledOff);
      deliveries += 1;
      throw new Error('the dead-letter topic refused');
    },
    {
      onError: (error) => errors.push(error),
      wait: async (_, signal) => {
        isWaiting = true;
        await untilCalledOff(signal);
      },
    },
  );
  partition.push(
    records(0, 2, (n) => `user-${n}`),
    2n,
  );
  partition.open(emptyNote());
  await until(() => isWaiting && deliveries === 1);
  await partition.close({ commit: true });
  expect(deliveries).toBe(1);
  expect(errors).toEqual([new Error('the dead-letter topic refused')]);
});

it('goes on with nothing whose wait ended as it closed', async () => {
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
  partition.open(emptyNote());
  await until(() => isParked);
  const closing = partition.close({ commit: true });
  endWait();
  await closing;
  expect(wentOn).toBe(false);
});

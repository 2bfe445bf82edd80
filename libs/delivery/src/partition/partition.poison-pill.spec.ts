import { KillsItsProcess } from '../failure.js';
import { emptyMetadata } from '../recovery/offset-metadata.js';
import { aPartition, records, turns, until } from './partition.fixture.js';
import { SerialMode } from '../recovery/poison-pill-isolation.js';

it('keeps the result of an attempt although the partition closes before the stored attempt is cleared', async () => {
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
  partition.open({ ...emptyMetadata(), isolatedBelow: 1n });
  await until(() => isStuck);
  await turns();
  await partition.close({ commit: false });
  expect(outcomes).toEqual(['worked']);
});

it('forgets takeovers and deaths once the watermark has passed them', async () => {
  const { partition, commits } = aPartition(async () => undefined);
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open({ ...emptyMetadata(), takeovers: 1, deaths: new Map([[0n, 2]]) });
  await until(() => commits.at(-1)?.next === 1n);
  expect(commits[0]?.metadata).toMatchObject({ takeovers: 1, deaths: new Map([[0n, 2]]) });
  expect(commits.at(-1)?.metadata).toMatchObject({ takeovers: 0, deaths: new Map() });
  await partition.close({ commit: true });
});

it('does not run a record again after three processes died while it ran alone', async () => {
  const refusals: unknown[] = [];
  let hasRun = false;
  const { partition } = aPartition(async (_, lane) => {
    await lane.attempt(async () => void (hasRun = true)).catch((no: unknown) => refusals.push(no));
  });
  partition.push(
    records(0, 1, () => 'u'),
    1n,
  );
  partition.open({ ...emptyMetadata(), isolatedBelow: 1n, deaths: new Map([[0n, 3]]) });
  await until(() => refusals.length === 1);
  expect(refusals).toEqual([new KillsItsProcess(3)]);
  expect(hasRun).toBe(false);
  await partition.close({ commit: true });
});

it('ends isolation when all records that had been fetched are complete', async () => {
  const serialMode = new SerialMode();
  const { partition, commits } = aPartition(
    async (_, lane) => {
      await lane.attempt(turns);
    },
    { serialMode },
  );
  partition.push(
    records(0, 2, (n) => `user-${n}`),
    2n,
  );
  partition.open({ ...emptyMetadata(), isolatedBelow: 256n });
  await until(() => commits.at(-1)?.next === 2n);
  expect(commits.at(-1)?.metadata.isolatedBelow).toBeUndefined();
  const started: string[] = [];
  const work = (name: string) => async () => {
    started.push(name);
    await turns();
  };
  const both = [serialMode.run(work('a')), serialMode.run(work('b'))];
  expect(started).toEqual(['a', 'b']);
  await Promise.all(both);
  await partition.close({ commit: true });
});

import { KillsItsProcess } from '../failure.js';
import { emptyMetadata, type OffsetMetadata } from './offset-metadata.js';
import {
  assertMayRun,
  DEATHS_MAX,
  SerialMode,
  ISOLATED_RECORDS_MAX,
  takeOverMetadata,
} from './poison-pill-isolation.js';

const killed = { isOwnerAlive: false, watermark: 100n };
const owned: OffsetMetadata = { ...emptyMetadata(), owner: 'before' };

it('isolates no record after one owner that disappeared', () => {
  expect(takeOverMetadata(owned, killed)).toEqual({ ...emptyMetadata(), takeovers: 1 });
});

it('starts serial mode after the second at the same watermark', () => {
  const second = takeOverMetadata({ ...owned, takeovers: 1 }, killed);
  expect(second).toMatchObject({
    takeovers: 2,
    isolatedBelow: 100n + BigInt(ISOLATED_RECORDS_MAX),
  });
  expect(second.deaths.size).toBe(0);
});

it('counts neither a graceful leave nor a rebalance', () => {
  expect(takeOverMetadata({ ...emptyMetadata(), takeovers: 1 }, killed).takeovers).toBe(1);
  const rebalanced = takeOverMetadata(
    { ...owned, takeovers: 1, runsAlone: 100n },
    { ...killed, isOwnerAlive: true },
  );
  expect(rebalanced).toEqual({ ...emptyMetadata(), takeovers: 1 });
});

it('attributes a death to the record that ran alone, and keeps the isolation', () => {
  const isolated = { ...owned, takeovers: 2, isolatedBelow: 300n, runsAlone: 117n };
  const metadata = takeOverMetadata(isolated, killed);
  expect(metadata.deaths).toEqual(new Map([[117n, 1]]));
  expect(metadata.isolatedBelow).toBe(300n);
  expect(metadata.runsAlone).toBeUndefined();
});

it('lets a record run until three processes died while it ran alone', () => {
  let metadata: OffsetMetadata = { ...owned, isolatedBelow: 300n };
  for (let death = 0; death < DEATHS_MAX; death += 1) {
    expect(() => assertMayRun(metadata, 117n)).not.toThrow();
    metadata = takeOverMetadata({ ...metadata, owner: 'before', runsAlone: 117n }, killed);
  }
  expect(() => assertMayRun(metadata, 117n)).toThrow(KillsItsProcess);
  expect(() => assertMayRun(metadata, 118n)).not.toThrow();
});

it('keeps the counted attempts of the previous owner', () => {
  const attempts = new Map([[101n, 3]]);
  expect(takeOverMetadata({ ...owned, attempts }, killed).attempts).toEqual(attempts);
});

it('runs one record at a time while any partition is isolated', async () => {
  const log: string[] = [];
  const serialMode = new SerialMode();
  const work = (name: string) => async () => {
    log.push(`start ${name}`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`end ${name}`);
  };
  const before = serialMode.run(work('before'));
  serialMode.isolate('topic/0');
  await Promise.all([before, serialMode.run(work('a')), serialMode.run(work('b'))]);
  expect(log).toEqual(['before', 'a', 'b'].flatMap((name) => [`start ${name}`, `end ${name}`]));
  serialMode.release('topic/0');
  log.length = 0;
  await Promise.all([serialMode.run(work('a')), serialMode.run(work('b'))]);
  expect(log.slice(0, 2)).toEqual(['start a', 'start b']);
});

it('continues after a record that failed', async () => {
  const serialMode = new SerialMode();
  serialMode.isolate('topic/0');
  const failing = serialMode.run(async () => await Promise.reject(new Error('hm')));
  const next = serialMode.run(async () => 'went on');
  await expect(failing).rejects.toThrow('hm');
  await expect(next).resolves.toBe('went on');
});

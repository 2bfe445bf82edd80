import { KillsItsProcess } from '../failure.js';
import { emptyNote, type Note } from './offset-metadata.js';
import {
  assertMayRun,
  DEATHS_MAX,
  OneAtATime,
  SUSPECTS_MAX,
  takeOver,
} from './poison-pill-isolation.js';

const killed = { isAlive: false, watermark: 100n };
const held: Note = { ...emptyNote(), holder: 'before' };

it('suspects nobody after one holder that went without a word', () => {
  expect(takeOver(held, killed)).toEqual({ ...emptyNote(), takeovers: 1 });
});

it('runs records one at a time after the second at the same watermark', () => {
  const second = takeOver({ ...held, takeovers: 1 }, killed);
  expect(second).toMatchObject({ takeovers: 2, suspectedBelow: 100n + BigInt(SUSPECTS_MAX) });
  expect(second.deaths.size).toBe(0);
});

it('counts neither a graceful leave nor a rebalance', () => {
  expect(takeOver({ ...emptyNote(), takeovers: 1 }, killed).takeovers).toBe(1);
  const rebalanced = takeOver(
    { ...held, takeovers: 1, runsAlone: 100n },
    { ...killed, isAlive: true },
  );
  expect(rebalanced).toEqual({ ...emptyNote(), takeovers: 1 });
});

it('puts a death down to the record that ran alone, and goes on suspecting', () => {
  const suspected = { ...held, takeovers: 2, suspectedBelow: 300n, runsAlone: 117n };
  const note = takeOver(suspected, killed);
  expect(note.deaths).toEqual(new Map([[117n, 1]]));
  expect(note.suspectedBelow).toBe(300n);
  expect(note.runsAlone).toBeUndefined();
});

it('lets a record run until three processes died while it alone ran', () => {
  let note: Note = { ...held, suspectedBelow: 300n };
  for (let death = 0; death < DEATHS_MAX; death += 1) {
    expect(() => assertMayRun(note, 117n)).not.toThrow();
    note = takeOver({ ...note, holder: 'before', runsAlone: 117n }, killed);
  }
  expect(() => assertMayRun(note, 117n)).toThrow(KillsItsProcess);
  expect(() => assertMayRun(note, 118n)).not.toThrow();
});

it('keeps the counted attempts of those that went', () => {
  const attempts = new Map([[101n, 3]]);
  expect(takeOver({ ...held, attempts }, killed).attempts).toEqual(attempts);
});

it('runs one at a time while a partition is suspected, whosever record it is', async () => {
  const log: string[] = [];
  const oneAtATime = new OneAtATime();
  const work = (name: string) => async () => {
    log.push(`start ${name}`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`end ${name}`);
  };
  const before = oneAtATime.run(work('before'));
  oneAtATime.suspect('topic/0');
  await Promise.all([before, oneAtATime.run(work('a')), oneAtATime.run(work('b'))]);
  expect(log).toEqual(['before', 'a', 'b'].flatMap((name) => [`start ${name}`, `end ${name}`]));
  oneAtATime.acquit('topic/0');
  log.length = 0;
  await Promise.all([oneAtATime.run(work('a')), oneAtATime.run(work('b'))]);
  expect(log.slice(0, 2)).toEqual(['start a', 'start b']);
});

it('goes on after one that failed', async () => {
  const oneAtATime = new OneAtATime();
  oneAtATime.suspect('topic/0');
  const failing = oneAtATime.run(async () => await Promise.reject(new Error('hm')));
  const next = oneAtATime.run(async () => 'went on');
  await expect(failing).rejects.toThrow('hm');
  await expect(next).resolves.toBe('went on');
});

import fc from 'fast-check';
import { BACK_OFF_SUM_MAX_MS, ATTEMPTS_MAX } from '../backoff.js';
import { aRecord } from '../testing/record.fixture.js';
import {
  assertWindowCovers,
  Window,
  WINDOW_AGE_MAX_MS,
  WINDOW_BYTES_MAX,
  WINDOW_RECORDS_MAX,
} from './offset-tracker.js';

it('under any order of settling: the watermark is the first unsettled offset, and never goes back', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.nat(1_000)),
      (offsets, dice) => {
        const window = new Window();
        // Offsets have gaps: a compacted topic, or another producer's transaction marks.
        const inOrder = [...offsets].sort((a, b) => a - b);
        const open = inOrder.map((offset) => window.take(aRecord({ offset: BigInt(offset) }), 0));
        let before = -1n;
        while (open.length > 0) {
          const [held] = open.splice(dice.next().value % open.length, 1);
          if (held) window.settle(held);
          const last = BigInt(inOrder.at(-1) ?? 0) + 1n;
          const lowest = open[0]?.record.offset ?? last;
          const watermark = window.watermark ?? -1n;
          expect(watermark).toBe(lowest);
          expect(watermark >= before).toBe(true);
          before = watermark;
        }
        expect(window.size).toBe(0);
      },
    ),
    { numRuns: 3_000 },
  );
});

it('says whether settling moved the watermark', () => {
  const window = new Window();
  const [first, second] = [0n, 1n].map((offset) => window.take(aRecord({ offset }), 0));
  expect(second && window.settle(second)).toBe('stays');
  expect(first && window.settle(first)).toBe('moved');
});

it('refuses to settle a record twice', () => {
  const window = new Window();
  const held = window.take(aRecord({ offset: 5n }), 0);
  window.settle(held);
  expect(() => window.settle(held)).toThrow('settled before');
});

it('is full at 20,000 records from the oldest unsettled one on, settled or not', () => {
  const window = new Window();
  const held = Array.from({ length: WINDOW_RECORDS_MAX }, (_, n) =>
    window.take(aRecord({ offset: BigInt(n) }), 0),
  );
  held.slice(1).forEach((one) => window.settle(one));
  expect(window.isFull(0)).toBe(true);
  if (held[0]) window.settle(held[0]);
  expect(window.isFull(0)).toBe(false);
});

it('is full at 32 MB', () => {
  const window = new Window();
  const half = Buffer.alloc(WINDOW_BYTES_MAX / 2);
  const held = window.take(aRecord({ offset: 0n, key: null, value: half }), 0);
  expect(window.isFull(0)).toBe(false);
  window.take(aRecord({ offset: 1n, key: null, value: half }), 0);
  expect(window.isFull(0)).toBe(true);
  window.settle(held);
  expect(window.isFull(0)).toBe(false);
});

it('is full when its oldest record is 120 s old', () => {
  const window = new Window();
  const held = window.take(aRecord({ offset: 0n }), 1_000);
  window.take(aRecord({ offset: 1n }), 100_000);
  expect(window.isFull(1_000 + WINDOW_AGE_MAX_MS - 1)).toBe(false);
  expect(window.isFull(1_000 + WINDOW_AGE_MAX_MS)).toBe(true);
  window.settle(held);
  expect(window.isFull(1_000 + WINDOW_AGE_MAX_MS)).toBe(false);
});

it('does not count the time a dependency was down', () => {
  const window = new Window();
  window.take(aRecord({ offset: 0n }), 1_000);
  window.forgiveAge(200_000);
  expect(window.isFull(200_000)).toBe(false);
  expect(window.isFull(200_000 + WINDOW_AGE_MAX_MS)).toBe(true);
});

const rated = {
  recordsPerSecondPerPartition: 1_150 / 6,
  backOffSumMs: BACK_OFF_SUM_MAX_MS,
  attemptsMax: ATTEMPTS_MAX,
  effectTimeoutMs: 10_000,
};

it('holds what comes in at the rated load while one record uses up all its attempts', () => {
  expect(() => assertWindowCovers(rated)).not.toThrow();
});

it.each([
  ['the load', { recordsPerSecondPerPartition: 250 }],
  ['an attempt', { effectTimeoutMs: 20_000 }],
])('refuses to start when %s is too much for it, and shows the sum', (_, more) => {
  expect(() => assertWindowCovers({ ...rated, ...more })).toThrow(/more than a window of 20000/);
});

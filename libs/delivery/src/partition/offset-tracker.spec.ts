import { propertyRuns } from '@effectively-once/testing/property-runs';
import fc from 'fast-check';
import { BACK_OFF_SUM_MAX_MS, ATTEMPTS_MAX } from '../backoff.js';
import { aRecord } from '../testing/record.fixture.js';
import {
  assertInFlightLimitSuffices,
  OffsetTracker,
  IN_FLIGHT_AGE_MAX_MS,
  IN_FLIGHT_BYTES_MAX,
  IN_FLIGHT_RECORDS_MAX,
} from './offset-tracker.js';

it('under any order of completion: the watermark is the first incomplete offset, and never goes back', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.nat(1_000)),
      (offsets, dice) => {
        const tracker = new OffsetTracker();
        // Offsets have gaps: a compacted topic, or another producer's transaction marks.
        const inOrder = [...offsets].sort((a, b) => a - b);
        const open = inOrder.map((offset) => tracker.take(aRecord({ offset: BigInt(offset) }), 0));
        let before = -1n;
        while (open.length > 0) {
          const [taken] = open.splice(dice.next().value % open.length, 1);
          if (taken) tracker.complete(taken);
          const last = BigInt(inOrder.at(-1) ?? 0) + 1n;
          const lowest = open[0]?.record.offset ?? last;
          const watermark = tracker.watermark ?? -1n;
          expect(watermark).toBe(lowest);
          expect(watermark >= before).toBe(true);
          before = watermark;
        }
        expect(tracker.size).toBe(0);
      },
    ),
    { numRuns: propertyRuns(3_000) },
  );
});

it('says whether a completion moved the watermark', () => {
  const tracker = new OffsetTracker();
  const [first, second] = [0n, 1n].map((offset) => tracker.take(aRecord({ offset }), 0));
  expect(second && tracker.complete(second)).toBe('stays');
  expect(first && tracker.complete(first)).toBe('moved');
});

it('refuses to complete a record twice', () => {
  const tracker = new OffsetTracker();
  const taken = tracker.take(aRecord({ offset: 5n }), 0);
  tracker.complete(taken);
  expect(() => tracker.complete(taken)).toThrow('complete already');
});

it('is full at 20,000 records from the oldest incomplete one on, complete or not', () => {
  const tracker = new OffsetTracker();
  const taken = Array.from({ length: IN_FLIGHT_RECORDS_MAX }, (_, n) =>
    tracker.take(aRecord({ offset: BigInt(n) }), 0),
  );
  taken.slice(1).forEach((one) => tracker.complete(one));
  expect(tracker.isFull(0)).toBe(true);
  if (taken[0]) tracker.complete(taken[0]);
  expect(tracker.isFull(0)).toBe(false);
});

it('is full at 32 MB', () => {
  const tracker = new OffsetTracker();
  const half = Buffer.alloc(IN_FLIGHT_BYTES_MAX / 2);
  const taken = tracker.take(aRecord({ offset: 0n, key: null, value: half }), 0);
  expect(tracker.isFull(0)).toBe(false);
  tracker.take(aRecord({ offset: 1n, key: null, value: half }), 0);
  expect(tracker.isFull(0)).toBe(true);
  tracker.complete(taken);
  expect(tracker.isFull(0)).toBe(false);
});

it('is full when its oldest record is 120 s old', () => {
  const tracker = new OffsetTracker();
  const taken = tracker.take(aRecord({ offset: 0n }), 1_000);
  tracker.take(aRecord({ offset: 1n }), 100_000);
  expect(tracker.isFull(1_000 + IN_FLIGHT_AGE_MAX_MS - 1)).toBe(false);
  expect(tracker.isFull(1_000 + IN_FLIGHT_AGE_MAX_MS)).toBe(true);
  tracker.complete(taken);
  expect(tracker.isFull(1_000 + IN_FLIGHT_AGE_MAX_MS)).toBe(false);
});

it('does not count the time a dependency was down', () => {
  const tracker = new OffsetTracker();
  tracker.take(aRecord({ offset: 0n }), 1_000);
  tracker.restartAge(200_000);
  expect(tracker.isFull(200_000)).toBe(false);
  expect(tracker.isFull(200_000 + IN_FLIGHT_AGE_MAX_MS)).toBe(true);
});

const rated = {
  recordsPerSecondPerPartition: 1_150 / 6,
  backOffSumMs: BACK_OFF_SUM_MAX_MS,
  attemptsMax: ATTEMPTS_MAX,
  effectTimeoutMs: 10_000,
};

it('holds all records that arrive at the rated load while one record uses up its attempts', () => {
  expect(() => assertInFlightLimitSuffices(rated)).not.toThrow();
});

it.each([
  ['the load', { recordsPerSecondPerPartition: 250 }],
  ['an attempt', { effectTimeoutMs: 20_000 }],
])('refuses to start when %s is too much for it, and shows the calculation', (_, more) => {
  expect(() => assertInFlightLimitSuffices({ ...rated, ...more })).toThrow(
    /in-flight limit of 20000/,
  );
});

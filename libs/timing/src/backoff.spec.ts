import { exponentialBackoffMs, withJitter } from './backoff.js';

it('doubles the wait up to its maximum, however many retries there are', () => {
  const limits = { firstMs: 200, maxMs: 5_000 };
  const waits = [0, 1, 2, 3, 4, 5, 10_000].map((retries) => exponentialBackoffMs(retries, limits));
  expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
});

it('spreads waits between the two factors', () => {
  const wait = (random: number) => withJitter(500, { min: 0.8, max: 1.2 }, () => random);
  expect([wait(0), wait(0.5), wait(1)]).toEqual([400, 500, 600]);
});

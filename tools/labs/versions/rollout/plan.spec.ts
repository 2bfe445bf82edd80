import { CONSUMERS } from '@effectively-once/contracts';
import { randomFrom } from '../../../faults/random.js';
import { drawnPlan } from './plan.js';

it.each([true, false])('the same seed draws the same plan (small: %p)', (isSmall) => {
  const plan = (seed: number) => drawnPlan({ random: randomFrom(seed), isSmall });
  expect(plan(7)).toEqual(plan(7));
  expect(
    new Set(Array.from({ length: 20 }, (_, seed) => plan(seed).order.join())).size,
  ).toBeGreaterThan(1);
});

it('the full version deploys every consumer, and starts with the old release of all', () => {
  const { order, startsAs, kills } = drawnPlan({ random: randomFrom(1), isSmall: false });
  expect([...order].sort()).toEqual([...CONSUMERS].sort());
  expect(new Set(Object.values(startsAs))).toEqual(new Set(['N-1']));
  expect(CONSUMERS).toContain(kills);
});

// A reader of N-1 that is never deployed would dead-letter version 2.
it('a consumer that the small version does not deploy is N from the start', () => {
  const { order, startsAs } = drawnPlan({ random: randomFrom(1), isSmall: true });
  const old = Object.entries(startsAs).filter(([, release]) => release === 'N-1');
  expect(old.map(([service]) => service).sort()).toEqual(['payments', ...order].sort());
  expect(order).toHaveLength(1);
});

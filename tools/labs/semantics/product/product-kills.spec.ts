import { randomFrom } from '../../../faults/random.js';
import { killsInMailWindow, plannedProductKills } from './product-kills.js';

it('plans the same kills for the same seed, the first of each consumer in its window', () => {
  const plan = (seed: number) => plannedProductKills(randomFrom(seed), 20);
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
  for (let seed = 0; seed < 100; seed++) {
    const [first] = plan(seed);
    expect(new Set(Object.values(first?.points ?? {}))).toEqual(
      new Set(['after_effect_before_mark']),
    );
    expect(killsInMailWindow(plan(seed))).toBeGreaterThan(0);
  }
});

it('kills before all payments of a round are done, so that there is one to die at', () => {
  const shares = plannedProductKills(randomFrom(11), 200).map(({ share }) => share);
  expect(Math.max(...shares)).toBeLessThanOrEqual(0.5);
});

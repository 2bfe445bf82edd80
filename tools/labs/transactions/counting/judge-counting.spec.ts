import { randomFrom } from '../../../faults/random.js';
import { compareCounts } from './judge-counting.js';
import { plannedEnds } from './plan.js';

it('a count that is too high, too low or missing is wrong', () => {
  const expected = new Map([
    ['alice|12:00', 3],
    ['bob|12:00', 2],
    ['carol|12:00', 1],
  ]);
  const counted = new Map([
    ['alice|12:00', 5],
    ['bob|12:00', 1],
    ['dave|12:00', 1],
  ]);
  expect(compareCounts(expected, counted)).toEqual({
    minutes: 4,
    wrong: 4,
    surplus: 3,
    missing: 2,
  });
  expect(compareCounts(expected, expected)).toEqual({
    minutes: 3,
    wrong: 0,
    surplus: 0,
    missing: 0,
  });
});

it('plans every kind of end in turn, a zombie among them, and the same for the same seed', () => {
  const plan = (seed: number) => plannedEnds(randomFrom(seed), 5);
  expect(new Set(plan(7).map(({ step }) => step))).toEqual(
    new Set(['sent', 'offset sent', 'committed']),
  );
  expect(plan(7).filter(({ how }) => how === 'freeze')).toHaveLength(1);
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
});

import { partitionOf } from '@effectively-once/kafka';
import { randomFrom } from '../../faults/random.js';
import { behindPoison, ofOtherUsers, poisonPlan } from './plan.js';

const plan = (seed: number) => poisonPlan(randomFrom(seed), { count: 400, from: 100 });

it.each([1, 2, 3])('has one poison and one flaky record, in two partitions (seed %i)', (seed) => {
  const { records, poison, flaky } = plan(seed);
  expect(records.filter(({ failures }) => failures !== undefined)).toHaveLength(2);
  expect(records[poison.n]).toMatchObject({ failures: -1, user: poison.user });
  expect(records[flaky.n]).toMatchObject({ failures: 2, user: flaky.user });
  expect(poison.n).toBeGreaterThanOrEqual(100);
  expect(partitionOf(flaky.user, 6)).not.toBe(poison.partition);
});

it('is the same for the same seed', () => {
  expect(plan(5)).toEqual(plan(5));
  expect(plan(5).poison).not.toEqual(plan(6).poison);
});

it('knows which records stand behind the poison, and which belong to others', () => {
  const made = plan(1);
  const behind = behindPoison(made);
  expect(behind.length).toBeGreaterThan(0);
  expect(Math.min(...behind)).toBeGreaterThan(made.poison.n);
  const others = ofOtherUsers(made);
  expect(others.has(made.poison.n)).toBe(false);
  expect(others.has(made.flaky.n)).toBe(true);
});

it('refuses too few records', () => {
  expect(() => poisonPlan(Math.random, { count: 10, from: 20 })).toThrow('too few');
});

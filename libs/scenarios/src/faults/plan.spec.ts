import { faultRequest } from './fault-request.js';
import { planOf } from './plan.js';
import { PLAN_PRESETS, seedOf, type PlanPreset } from './plan-seed.js';

const presets = Object.keys(PLAN_PRESETS) as PlanPreset[];

it.each(presets)('the same seed gives the same plan: %s', (preset) => {
  const seed = seedOf(preset, 10, 4711);
  expect(planOf(seed)).toEqual(planOf(seed));
  expect(planOf(seed)).not.toEqual(planOf(seedOf(preset, 10, 4712)));
});

it.each(presets)('breaks only what can be broken, and one thing after the other: %s', (preset) => {
  const plan = planOf(seedOf(preset, 30, 1)) ?? [];
  expect(plan.length).toBeGreaterThan(10);
  expect(plan.filter(({ request }) => !faultRequest.safeParse(request).success)).toEqual([]);
  const late = plan.filter(
    ({ atS, request }, n) => atS + request.seconds > (plan[n + 1]?.atS ?? Infinity),
  );
  expect(late).toEqual([]);
});

it('breaks only stores with that preset', () => {
  const targets = new Set(planOf('stores-30m-7')?.map(({ request }) => request.target));
  expect([...targets].sort()).toEqual(['elasticsearch', 'loyalty-database', 'redis', 'smtp']);
});

it.each(['', 'calm', 'wild-5m-1', 'calm-0m-1', 'calm-31m-1', 'calm-5m-x', 'calm-5m-1;'])(
  'is no seed: %p',
  (seed) => expect(planOf(seed)).toBeUndefined(),
);

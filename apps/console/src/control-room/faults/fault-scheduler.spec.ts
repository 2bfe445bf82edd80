import { jest } from '@jest/globals';
import type { FaultRequest } from '@effectively-once/scenarios';
import { planOf } from '@effectively-once/scenarios/faults/plan';
import { FaultScheduler } from './fault-scheduler.js';

const SEED = 'rough-1m-4711';
const STARTED_MS = Date.parse('2026-11-20T12:00:00.000Z');

beforeEach(() => jest.useFakeTimers({ now: STARTED_MS }));
afterEach(() => jest.useRealTimers());

function scheduler() {
  const broken: FaultRequest[] = [];
  const inject = async (request: FaultRequest) => {
    broken.push(request);
    throw new Error('it is broken already');
  };
  return { broken, scheduler: new FaultScheduler({ inject, now: Date.now }) };
}

it('breaks what its seed says, when its seed says, although one is refused', async () => {
  const { broken, scheduler: plans } = scheduler();
  const plan = planOf(SEED) ?? [];
  plans.start(SEED);
  await jest.advanceTimersByTimeAsync(0);
  expect(plans.state()).toMatchObject({ seed: SEED, done: 1, total: plan.length });
  await jest.advanceTimersByTimeAsync(60_000);
  expect(broken).toEqual(plan.map(({ request }) => request));
  expect(plans.state()).toBeNull();
});

it('breaks nothing more when it is stopped', async () => {
  const { broken, scheduler: plans } = scheduler();
  plans.start(SEED);
  await jest.advanceTimersByTimeAsync(0);
  plans.stop();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(broken).toHaveLength(1);
});

it('runs one plan at a time, and refuses what is no seed', () => {
  const { scheduler: plans } = scheduler();
  expect(() => plans.start('wild-1m-1')).toThrow('A seed looks like');
  plans.start(SEED);
  expect(() => plans.start(SEED)).toThrow('A plan runs already.');
  plans.stop();
});

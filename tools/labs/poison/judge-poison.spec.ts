import { randomFrom } from '../../faults/random.js';
import { isHeld } from '../lab.js';
import type { Way } from '../process/records/lab-record.js';
import { judgePoison, poisonClaims } from './judge-poison.js';
import { behindPoison, poisonPlan } from './plan.js';

const plan = poisonPlan(randomFrom(1), { count: 400, from: 100 });
const STARTED_AT_MS = 1_000_000;

/** Every record of the plan in its order, 10 ms apart, without those of `leftOut`. */
function effects(leftOut: readonly number[], lateMs = 5) {
  return plan.records
    .filter(({ n }) => !leftOut.includes(n))
    .map(({ user, n }) => ({
      user,
      n,
      producedAtMs: STARTED_AT_MS + n * 10,
      doneAtMs: STARTED_AT_MS + n * 10 + lateMs,
    }));
}

const judge = (way: Way, done: ReturnType<typeof effects>, deadLettered = 0) =>
  judgePoison(plan, {
    way,
    effects: done,
    deadLettered,
    startedAtMs: STARTED_AT_MS,
    seconds: 4,
    isPoisonDone: true,
  });
const skipping = judge('skip', effects([plan.poison.n, plan.flaky.n]));
/** Beside a consumer that skips, which does the other users' records in 5 ms. */
const broken = (outcome: ReturnType<typeof judge>) =>
  poisonClaims(outcome.way === 'skip' ? [outcome] : [skipping, outcome], { withTimes: true })
    .filter((claim) => !isHeld(claim))
    .map(({ claim }) => claim);

it('a dead letter is not lost, and a record without either is', () => {
  expect(judge('lanes', effects([plan.poison.n]), 1)).toMatchObject({ lost: 0, reordered: 0 });
  expect(broken(judge('lanes', effects([plan.poison.n]), 1))).toEqual([]);
  expect(broken(judge('lanes', effects([plan.poison.n, 3]), 1))).toEqual(['lanes: lost']);
});

it('stock has nothing behind the bad record; one effect there refutes it', () => {
  const behind = behindPoison(plan);
  const standing = judge('stock', effects([plan.poison.n, ...behind]));
  expect(standing.behindDone).toBe(0);
  expect(broken(standing)).toEqual([expect.stringContaining('within 2 s')]);
  expect(broken(judge('stock', effects([plan.poison.n, ...behind], 2_500)))).toEqual([]);
  expect(broken(judge('stock', effects([plan.poison.n, ...behind.slice(1)], 2_500)))).toEqual([
    'stock: records done behind the bad one',
  ]);
});

it('skipping loses both bad records', () => {
  expect(broken(judge('skip', effects([plan.poison.n, plan.flaky.n])))).toEqual([]);
  expect(broken(judge('skip', effects([plan.poison.n])))).toEqual(['skip: lost']);
});

it('a retry topic must reorder, or the claim is refuted', () => {
  const inOrder = effects([plan.poison.n]);
  expect(broken(judge('retry topic', inOrder, 1))).toHaveLength(1);
  const late = inOrder.find(({ n }) => n === plan.flaky.n)!;
  const reordered = [...inOrder.filter((one) => one !== late), late];
  expect(broken(judge('retry topic', reordered, 1))).toEqual([]);
});

it('lanes that delay other users refute the claim', () => {
  const slow = judge('lanes', effects([plan.poison.n], 2_500), 1);
  expect(slow.othersShare).toBe(0);
  expect(broken(slow)).toEqual([expect.stringContaining('within 2 s')]);
});

it('a test asserts no times', () => {
  const slow = judge('lanes', effects([plan.poison.n], 2_500), 1);
  expect(poisonClaims([slow], { withTimes: false }).every(isHeld)).toBe(true);
});

import { randomFrom } from '../../faults/random.js';
import { isHeld } from '../lab.js';
import { judgeOrder, ORDER_CASES, orderClaims, orderRecords, type OrderOutcome } from './cases.js';

const named = (name: string) => ORDER_CASES.find((one) => one.name === name)!;

it('the key is the user or random, and the same seed gives the same records', () => {
  const records = (name: string, seed = 1) => orderRecords(randomFrom(seed), named(name), 100);
  expect(new Set(records('key = user').map(({ key }) => key)).size).toBe(20);
  expect(new Set(records('random key').map(({ key }) => key)).size).toBe(100);
  expect(records('random key')).toEqual(records('random key'));
  expect(records('random key')).not.toEqual(records('random key', 2));
});

it('one record in a hundred fails, at least three, and all in the first half', () => {
  const failing = (count: number) =>
    orderRecords(randomFrom(1), named('retry topic'), count)
      .map(({ record }) => record)
      .filter(({ failures }) => failures === 1);
  expect(failing(1_000)).toHaveLength(10);
  expect(failing(100)).toHaveLength(3);
  expect(failing(1_000).every(({ n }) => n < 500)).toBe(true);
});

const effect = (n: number) => ({ user: 'alice', n, producedAtMs: 0, doneAtMs: n });

it('counts the effects that were overtaken, per 10,000 records', () => {
  const outcome = judgeOrder(named('key = user'), [0, 2, 1, 3].map(effect), 4);
  expect(outcome).toMatchObject({ overtakenPer10k: 2_500, lost: 0, doubled: 0 });
});

it('a case that should keep the order and does not refutes its claim, and the reverse', () => {
  const outcome = (overtakenPer10k: number, keepsOrder: boolean): OrderOutcome => ({
    name: 'a case',
    keepsOrder,
    lost: 0,
    doubled: 0,
    overtakenPer10k,
    perSecond: 1,
    positions: [],
  });
  const holds = (one: OrderOutcome) => orderClaims([one]).every(isHeld);
  expect(holds(outcome(0, true))).toBe(true);
  expect(holds(outcome(2, true))).toBe(false);
  expect(holds(outcome(2, false))).toBe(true);
  expect(holds(outcome(0, false))).toBe(false);
  expect(holds({ ...outcome(0, true), lost: 1 })).toBe(false);
});

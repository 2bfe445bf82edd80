import { overtakenBy, perSecondSince, positionsOfWorstUser } from './judge-effects.js';

const effect = (n: number, user = 'alice', doneAtMs = 0) => ({
  user,
  n,
  producedAtMs: 0,
  doneAtMs,
});

it('counts the later records of the same user that were done before', () => {
  const effects = [effect(3), effect(4, 'bob'), effect(5), effect(1), effect(6)];
  expect(overtakenBy(effects, 1)).toBe(2);
  expect(overtakenBy(effects, 5)).toBe(0);
});

it('is 0 for a record without an effect: what was lost was not overtaken', () => {
  expect(overtakenBy([effect(3)], 1)).toBe(0);
});

it('counts each second, those without an effect too, and nothing outside', () => {
  const effects = [0, 999, 2_000, 3_000, -1].map((ms) => effect(1, 'alice', 10_000 + ms));
  expect(perSecondSince(effects, 10_000, 3)).toEqual([2, 0, 1]);
});

it('shows the positions of the user with most records out of place', () => {
  const effects = [effect(1), effect(2), effect(13, 'bob'), effect(11, 'bob'), effect(15, 'bob')];
  expect(positionsOfWorstUser(effects)).toEqual([
    { x: 1, y: 0 },
    { x: 0, y: 1 },
    { x: 2, y: 2 },
  ]);
  expect(positionsOfWorstUser([...effects, effect(13, 'bob')])).toHaveLength(3);
  expect(positionsOfWorstUser([])).toEqual([]);
});

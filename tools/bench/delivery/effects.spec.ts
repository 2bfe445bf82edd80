import { auditEffects, isClean, perSecond, type Effect } from './effects.js';

const effect = (user: string, n: number, doneAtMs = 0): Effect => ({
  user,
  n,
  producedAtMs: 0,
  doneAtMs,
});
const all = new Set([0, 1, 2, 3]);
const honest = [effect('a', 0), effect('b', 1), effect('a', 2), effect('b', 3)];

it('finds nothing if every record has one effect, in any order of the users', () => {
  expect(auditEffects(honest, all)).toEqual({ lost: 0, doubled: 0, reordered: 0 });
  expect(
    isClean(
      auditEffects(
        [...honest].sort((a, b) => a.user.localeCompare(b.user)),
        all,
      ),
    ),
  ).toBe(true);
});

it('finds lost, doubled and reordered effects', () => {
  expect(auditEffects(honest.slice(1), all)).toMatchObject({ lost: 1 });
  expect(auditEffects([...honest, effect('a', 2)], all)).toMatchObject({
    doubled: 1,
    reordered: 0,
  });
  const [a0, b1, a2, b3] = honest as [Effect, Effect, Effect, Effect];
  const overtaken = auditEffects([a2, a0, b1, b3], all);
  expect(overtaken).toEqual({ lost: 0, doubled: 0, reordered: 1 });
  expect(isClean(overtaken)).toBe(false);
});

it('the rate starts with the start of the first effect', () => {
  expect(perSecond([effect('a', 0, 1_020), effect('a', 1, 1_040)])).toBeCloseTo(50);
});

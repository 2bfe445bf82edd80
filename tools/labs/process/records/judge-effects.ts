import type { Effect } from '../../../bench/delivery/effects.js';

/** How many later records of the same user have an effect before the first effect of record `n`. */
export function overtakenBy(effects: readonly Effect[], n: number): number {
  const at = effects.findIndex((effect) => effect.n === n);
  const user = effects[at]?.user;
  return effects.slice(0, Math.max(0, at)).filter((one) => one.user === user && one.n > n).length;
}

/**
 * For the user with most records out of place: each record's position in the order of production,
 * and its position in the order of effects. A doubled effect counts once.
 */
export function positionsOfWorstUser(effects: readonly Effect[]): { x: number; y: number }[] {
  const users = new Map<string, Set<number>>();
  for (const { user, n } of effects) users.set(user, (users.get(user) ?? new Set()).add(n));
  const each = [...users.values()].map((done) => {
    const produced = [...done].sort((one, other) => one - other);
    const placeOf = new Map(produced.map((n, place) => [n, place]));
    return [...done].map((n, y) => ({ x: placeOf.get(n) ?? NaN, y }));
  });
  const outOfPlace = (points: { x: number; y: number }[]) =>
    points.filter(({ x, y }) => x !== y).length;
  return each.reduce(
    (worst, one) => (outOfPlace(one) > outOfPlace(worst) ? one : worst),
    each[0] ?? [],
  );
}

/** Effects in each second from `fromMs` on. A second without one counts 0. */
export function perSecondSince(
  effects: readonly Effect[],
  fromMs: number,
  seconds: number,
): number[] {
  const counts = Array.from({ length: seconds }, () => 0);
  for (const { doneAtMs } of effects) {
    const second = Math.floor((doneAtMs - fromMs) / 1_000);
    if (second >= 0 && second < seconds) counts[second]! += 1;
  }
  return counts;
}

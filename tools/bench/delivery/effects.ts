/** What a record of a benchmark asks for. `n` grows within its topic, so also within each user. */
export interface BenchRecord {
  user: string;
  n: number;
  /** Its effect never works. */
  fails?: true;
  /** When it was produced, in ms since the epoch. */
  at: number;
}

/** An effect as it was done: 20 ms of waiting for somebody else, as a mail or a payment is. */
export interface Effect {
  user: string;
  n: number;
  producedAtMs: number;
  doneAtMs: number;
}

export const EFFECT_MS = 20;
export const USERS = 1_000;

export interface EffectsAudit {
  lost: number;
  doubled: number;
  /** Effects of a user that came before an earlier one of theirs. */
  overtook: number;
}

/**
 * The audit of a run: every record exactly once, each user's in order.
 * @param effects in the order they were done.
 */
export function auditEffects(effects: Effect[], expected: ReadonlySet<number>): EffectsAudit {
  const times = new Map<number, number>();
  const latest = new Map<string, number>();
  let overtook = 0;
  for (const { user, n } of effects) {
    const before = times.get(n) ?? 0;
    times.set(n, before + 1);
    if (before > 0) continue;
    if (n < (latest.get(user) ?? -1)) overtook += 1;
    else latest.set(user, n);
  }
  return {
    lost: [...expected].filter((n) => !times.has(n)).length,
    doubled: [...times.values()].filter((count) => count > 1).length,
    overtook,
  };
}

export const isClean = ({ lost, doubled, overtook }: EffectsAudit) =>
  lost + doubled + overtook === 0;

/** From the first effect's beginning to the last one's end. */
export function perSecond(effects: Effect[]): number {
  let [first, last] = [Infinity, -Infinity];
  for (const { doneAtMs } of effects) {
    first = Math.min(first, doneAtMs - EFFECT_MS);
    last = Math.max(last, doneAtMs);
  }
  return (effects.length * 1_000) / (last - first);
}

/** NaN of nothing. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [(sorted.length - 1) >> 1, sorted.length >> 1];
  return ((sorted[low] ?? NaN) + (sorted[high] ?? NaN)) / 2;
}

/** A record of the benchmark. `n` grows within the topic, so it also grows within each user. */
export interface BenchRecord {
  user: string;
  n: number;
  /** Its effect always fails. */
  fails?: true;
  /** Time of production, in ms since the epoch. */
  at: number;
}

/** A completed effect: 20 ms of waiting, as for a mail server or a PSP. */
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
  /** Effects that came after a later effect of the same user. */
  reordered: number;
}

/**
 * The audit of a run: every record has exactly one effect, and the effects of a user are in order.
 * @param effects in the order of completion.
 */
export function auditEffects(effects: Effect[], expected: ReadonlySet<number>): EffectsAudit {
  const times = new Map<number, number>();
  const latest = new Map<string, number>();
  let reordered = 0;
  for (const { user, n } of effects) {
    const before = times.get(n) ?? 0;
    times.set(n, before + 1);
    if (before > 0) continue;
    if (n < (latest.get(user) ?? -1)) reordered += 1;
    else latest.set(user, n);
  }
  return {
    lost: [...expected].filter((n) => !times.has(n)).length,
    doubled: [...times.values()].filter((count) => count > 1).length,
    reordered,
  };
}

export const isClean = ({ lost, doubled, reordered }: EffectsAudit) =>
  lost + doubled + reordered === 0;

/** The rate from the start of the first effect to the end of the last one. */
export function perSecond(effects: Effect[]): number {
  let [first, last] = [Infinity, -Infinity];
  for (const { doneAtMs } of effects) {
    first = Math.min(first, doneAtMs - EFFECT_MS);
    last = Math.max(last, doneAtMs);
  }
  return (effects.length * 1_000) / (last - first);
}

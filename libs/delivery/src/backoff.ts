import { exponentialBackoffMs, withJitter } from '@effectively-once/timing';

/** Waits before the 2nd, 3rd, 4th and 5th attempt of a record, before jitter. */
const BACK_OFF_MS = [500, 2_000, 8_000, 30_000] as const;

export const ATTEMPTS_MAX = BACK_OFF_MS.length + 1;

// Records that failed together must not be retried together.
const JITTER = { min: 0.8, max: 1.2 };

/** The longest a record can spend backing off until its attempts are used up. */
export const BACK_OFF_SUM_MAX_MS = BACK_OFF_MS.reduce((sum, ms) => sum + ms, 0) * JITTER.max;

/** A lease that another delivery holds may end long before its time: it is looked at this often. */
export const LEASE_LOOK_MS = 1_000;

const DEPENDENCY_BACK_OFF = { firstMs: 200, maxMs: 5_000 };

/** @param attempts how many have failed and count, from 1 to ATTEMPTS_MAX - 1. */
export function backOffMs(attempts: number, random: () => number): number {
  const base = BACK_OFF_MS[attempts - 1];
  if (base === undefined) throw new RangeError(`no back-off after attempt ${attempts}`);
  return withJitter(base, JITTER, random);
}

/**
 * Where a dependency is down and no circuit says when it may be tried again.
 * @param waits how many times this record has waited already.
 */
export function dependencyBackOffMs(waits: number, random: () => number): number {
  return withJitter(exponentialBackoffMs(waits, DEPENDENCY_BACK_OFF), JITTER, random);
}

import { exponentialBackoffMs, withJitter } from '@effectively-once/timing';

/** Exponential backoff and jitter: the waits before attempts 2 to 5 of a record, before jitter. */
const BACK_OFF_MS = [500, 2_000, 8_000, 30_000] as const;

export const ATTEMPTS_MAX = BACK_OFF_MS.length + 1;

// Without jitter, records that failed together are retried together.
const JITTER = { min: 0.8, max: 1.2 };

/** The longest time that a record can spend in backoff until its attempts are used up. */
export const BACK_OFF_SUM_MAX_MS = BACK_OFF_MS.reduce((sum, ms) => sum + ms, 0) * JITTER.max;

/** The other delivery can release its lease long before the lease expires, so ask this often. */
export const LEASE_POLL_MS = 1_000;

const DEPENDENCY_BACK_OFF = { firstMs: 200, maxMs: 5_000 };

/** @param attempts how many counted attempts have failed, from 1 to ATTEMPTS_MAX - 1. */
export function backOffMs(attempts: number, random: () => number): number {
  const base = BACK_OFF_MS[attempts - 1];
  if (base === undefined) throw new RangeError(`no back-off after attempt ${attempts}`);
  return withJitter(base, JITTER, random);
}

/**
 * The wait when a dependency is down and no circuit breaker watches it.
 * @param waits how many times this record has already waited.
 */
export function dependencyBackOffMs(waits: number, random: () => number): number {
  return withJitter(exponentialBackoffMs(waits, DEPENDENCY_BACK_OFF), JITTER, random);
}

/**
 * Exponential backoff: `firstMs`, twice that, four times that, and so on, and never more than
 * `maxMs`.
 * @param retries how many waits came before this one; 0 for the first.
 */
export function exponentialBackoffMs(
  retries: number,
  limits: { firstMs: number; maxMs: number },
): number {
  return Math.min(limits.firstMs * 2 ** retries, limits.maxMs);
}

/**
 * Jitter: a random share of the wait between the factors `min` and `max`, in whole milliseconds.
 * Without it, callers that failed together retry together and overload the dependency again.
 */
export function withJitter(
  ms: number,
  factor: { min: number; max: number },
  random: () => number,
): number {
  return Math.round(ms * (factor.min + (factor.max - factor.min) * random()));
}

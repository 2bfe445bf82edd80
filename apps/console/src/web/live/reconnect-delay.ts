const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/**
 * How long to wait before the next connection: exponential backoff with jitter. A server that comes
 * back is not met by all pages in the same moment.
 *
 * @param failures how many connections in a row have failed, from 1.
 * @param random from 0 to 1, such as `Math.random()`.
 * @returns milliseconds, between half of the step and the step, at most 15 s.
 */
export function reconnectDelayMs(failures: number, random: number): number {
  const step = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(step / 2 + (step / 2) * random);
}

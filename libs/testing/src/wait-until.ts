import { setTimeout as sleep } from 'node:timers/promises';

// Poll often at first, then less often: a long wait must not load the system that it waits for.
const POLL_FIRST_MS = 25;
const POLL_MAX_MS = 250;
const TIMEOUT_MS = 60_000;

/**
 * Waits for a condition, never for time. `look` returns the result, or undefined to be called
 * again. If it throws, the wait continues and keeps the error.
 *
 * @throws Error after the timeout, naming the condition, with the last error as cause.
 */
export async function waitUntil<Found>(
  what: string,
  look: () => Promise<Found | undefined> | Found | undefined,
  timeoutMs = TIMEOUT_MS,
): Promise<Found> {
  const until = performance.now() + timeoutMs;
  let lastError: unknown;
  let pollMs = POLL_FIRST_MS;
  while (performance.now() < until) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await sleep(pollMs);
    pollMs = Math.min(pollMs * 1.5, POLL_MAX_MS);
  }
  throw new Error(`timed out waiting for: ${what}`, { cause: lastError });
}

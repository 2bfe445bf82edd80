import { setTimeout as sleep } from 'node:timers/promises';

// Often at first; a long wait must not slow down what it waits for.
const POLL_FIRST_MS = 25;
const POLL_MAX_MS = 250;
const TIMEOUT_MS = 60_000;

/**
 * Waits for a condition, never for time. `look` returns what was waited for, or undefined to look again;
 * what it throws is remembered and shown if the wait is given up.
 *
 * @throws Error naming what was waited for, and the last thing that went wrong.
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
  throw new Error(`gave up waiting for: ${what}`, { cause: lastError });
}

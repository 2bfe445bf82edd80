import { setTimeout as sleep } from 'node:timers/promises';
import { TimeoutError } from './with-timeout.js';

/**
 * Waits for a condition: checks it at once, then every `everyMs`. An error of the check ends the
 * wait.
 * @throws TimeoutError when the condition does not hold after `timeoutMs`. `timeoutMessage` is read
 * at that moment, so it can tell what the last check found.
 */
export async function pollUntil(
  condition: () => Promise<boolean>,
  options: { everyMs: number; timeoutMs: number; timeoutMessage: () => string },
): Promise<void> {
  // The monotonic clock: setting the system's clock neither ends the wait nor extends it.
  const deadlineMs = performance.now() + options.timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new TimeoutError(options.timeoutMessage());
    await sleep(options.everyMs);
  }
}

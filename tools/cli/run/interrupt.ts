// Ctrl-C in a terminal sends SIGINT to every process of the group, and npm forwards it once more.
const SAME_KEYSTROKE_MS = 1_000;

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP, and calls `hurry` at every further one. From the
 * call on these signals no longer end the process.
 */
export function onInterrupt(
  hurry: () => void,
  now: () => number = performance.now.bind(performance),
): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (firstAt === undefined) {
          firstAt = now();
          resolve();
        } else if (now() - firstAt > SAME_KEYSTROKE_MS) hurry();
      });
    }
  });
}

// Ctrl-C in a terminal reaches every process of the group, and npm passes it on once more.
const SAME_KEYSTROKE_MS = 1_000;

/**
 * Resolves at the first Ctrl-C, SIGTERM or closing of the terminal, and calls `hurry` at every further
 * one. From here on these do not end the process by themselves.
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

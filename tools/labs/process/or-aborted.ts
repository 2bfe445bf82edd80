/**
 * For a wait that knows no signal.
 * @throws the reason of the signal as soon as it is aborted. The result of the wait is dropped.
 */
export async function orAborted<Result>(
  signal: AbortSignal,
  waiting: Promise<Result>,
): Promise<Result> {
  waiting.catch(() => undefined);
  signal.throwIfAborted();
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([waiting, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

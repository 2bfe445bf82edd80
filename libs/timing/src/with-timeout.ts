/** The time limit passed before the work was done. The work may still succeed later. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * Limits how long the caller waits for the work. The work is not cancelled: it continues, and its
 * late result or failure is ignored.
 * @throws TimeoutError when the work takes longer than `timeoutMs`.
 */
export async function withTimeout<Value>(work: Promise<Value>, timeoutMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TimeoutError(`not done within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([work, timedOut]);
  } finally {
    // A timer that is still running would keep the process alive.
    clearTimeout(timer);
  }
}

/** Resolves after the work, or at once when the signal is aborted. For work that only reads. */
export async function orStopped(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    // The signal lives as long as the process. Without a removal, each run would leave a listener.
    signal.addEventListener('abort', () => resolve(), { once: true, signal: done.signal });
  });
  try {
    await Promise.race([work, stopped]);
  } finally {
    done.abort();
  }
}

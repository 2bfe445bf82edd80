/** Resolves with the work or when the signal is aborted, for work that only reads: nobody need wait for it. */
export async function orStopped(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    // The signal lives as long as the process, and must not collect a listener for each run.
    signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal });
  });
  try {
    await Promise.race([work, stopped]);
  } finally {
    over.abort();
  }
}

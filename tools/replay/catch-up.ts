import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 500;
// Longer than the five attempts of one record.
const STANDS_AFTER_MS = 120_000;

/** The consumer commits nothing. It may wait for a server that is down. */
export class ConsumerStandsStill extends Error {
  override readonly name = 'ConsumerStandsStill';
}

/** The offsets of one partition that the group still has to commit. */
export interface Distance {
  partition: number;
  from: bigint;
  end: bigint;
}

/**
 * Waits until a group has committed these offsets.
 * @throws ConsumerStandsStill after 120 s without progress; the reason of the signal.
 */
export async function untilCaughtUp(
  distances: readonly Distance[],
  options: {
    /** Partition → committed offset; -1 or absent where the group has committed none. */
    committed: () => Promise<ReadonlyMap<number, bigint>>;
    onProgress: (done: number, total: number) => void;
    signal: AbortSignal;
    now?: () => number;
    wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  },
): Promise<void> {
  const { onProgress, signal, now = performance.now.bind(performance), wait = pause } = options;
  const total = distances.reduce((sum, { from, end }) => sum + Number(end - from), 0);
  let last = { done: -1, atMs: now() };
  for (;;) {
    const committed = await options.committed();
    const done = distances.reduce((sum, distance) => sum + doneOf(distance, committed), 0);
    if (done !== last.done) last = { done, atMs: now() };
    onProgress(done, total);
    if (done >= total) return;
    if (now() - last.atMs > STANDS_AFTER_MS) {
      throw new ConsumerStandsStill(
        `the consumer has committed nothing for ${STANDS_AFTER_MS / 1_000} s, ` +
          `at ${done} of ${total}; it continues by itself when it can`,
      );
    }
    await wait(POLL_MS, signal);
  }
}

function doneOf({ partition, from, end }: Distance, committed: ReadonlyMap<number, bigint>) {
  const at = committed.get(partition) ?? -1n;
  if (at <= from) return 0;
  return Number((at < end ? at : end) - from);
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal });

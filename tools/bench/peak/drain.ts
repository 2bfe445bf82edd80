import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerName } from '@effectively-once/contracts';
import { readSamples } from '@effectively-once/testing/metrics';
import { appUrl } from '../../cli/clients/app-url.js';
import { repositoryRoot } from '../../repository-root.js';
import { appEnvironment } from '../../stack/app-environment.js';
import type { Environment } from '../../stack/environment.js';
import { MeasuredProcess } from '../delivery/measured-process.js';

const POLL_MS = 250;
const STUCK_AFTER_MS = 120_000;
const APP = { email: 'EMAIL', loyalty: 'LOYALTY', search: 'SEARCH' } as const;

export interface Drain {
  perSecond: number;
  seconds: number;
}

/**
 * Starts one consumer with a backlog, and measures how fast it works it off. The time counts from
 * its first effect, so its start is not in it. It keeps running.
 * @throws Error if it ends, or if no effect happens for two minutes.
 */
export async function drain(
  consumer: ConsumerName,
  backlog: number,
  options: { environment: Environment; logFolder: string; signal: AbortSignal },
): Promise<Drain> {
  const { environment, logFolder, signal } = options;
  const logFile = join(logFolder, `${consumer}.log`);
  const service = new MeasuredProcess(['dist/main.js'], {
    cwd: join(repositoryRoot, 'apps', consumer),
    env: appEnvironment(consumer, environment, { journalFolder: '' }),
    logFile,
    signal,
  });
  const url = appUrl(environment, APP[consumer]);
  let first: { atMs: number; done: number } | undefined;
  let [last, progressAtMs] = [0, performance.now()];
  while (last < backlog) {
    await sleep(POLL_MS, undefined, { signal });
    if (service.hasEnded) throw new Error(`${consumer} has ended; its log: ${logFile}`);
    const done = await appliedBy(url);
    const atMs = performance.now();
    if (done > last) progressAtMs = atMs;
    if (atMs - progressAtMs > STUCK_AFTER_MS)
      throw new Error(`${consumer} stands at ${done} of ${backlog}; its log: ${logFile}`);
    if (done > 0) first ??= { atMs, done };
    last = done;
  }
  const seconds = (performance.now() - (first?.atMs ?? NaN)) / 1_000;
  return { seconds, perSecond: (last - (first?.done ?? NaN)) / seconds };
}

/** Effects that this process has applied; 0 while it does not listen yet. */
async function appliedBy(url: string): Promise<number> {
  try {
    const samples = await readSamples(url, 'delivery_records_total', { outcome: 'applied' });
    return samples.reduce((sum, { value }) => sum + value, 0);
  } catch {
    // It starts. If it never listens, `drain` gives up.
    return 0;
  }
}

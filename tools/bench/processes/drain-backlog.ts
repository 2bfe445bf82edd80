import { setTimeout as sleep } from 'node:timers/promises';
import { samplesIn, samplesOf, type MetricSample } from '@effectively-once/testing/metrics';
import type { StartedApp } from './start-app.js';

const POLL_MS = 250;
const STUCK_AFTER_MS = 120_000;
const BYTES_PER_MB = 2 ** 20;

export interface Drain {
  perSecond: number;
  seconds: number;
  /** Of the consumer alone, without its database or its broker. */
  cpuMsPerRecord: number;
  /** The largest resident memory that was seen. */
  maxMb: number;
}

interface Reading {
  atMs: number;
  applied: number;
  cpuS: number;
}

/**
 * Measures how fast a consumer that has just been started works off a backlog. The time counts from
 * its first effect, so its start is not in it. The consumer keeps running.
 * @throws Error if it ends, or if no effect happens for two minutes.
 */
export async function drainBacklog(
  { url, process, logFile }: StartedApp,
  backlog: number,
  signal: AbortSignal,
): Promise<Drain> {
  let first: Reading | undefined;
  let last: Reading = { atMs: performance.now(), applied: 0, cpuS: 0 };
  let [progressAtMs, maxMb] = [last.atMs, 0];
  while (last.applied < backlog) {
    await sleep(POLL_MS, undefined, { signal });
    if (process.hasEnded) throw new Error(`the consumer has ended; its log: ${logFile}`);
    const samples = await metricsOf(url);
    const reading = { atMs: performance.now(), ...readingOf(samples) };
    if (reading.applied > last.applied) progressAtMs = reading.atMs;
    if (reading.atMs - progressAtMs > STUCK_AFTER_MS)
      throw new Error(`it stands at ${reading.applied} of ${backlog}; its log: ${logFile}`);
    if (reading.applied > 0) first ??= reading;
    maxMb = Math.max(maxMb, sumOf(samples, 'process_resident_memory_bytes') / BYTES_PER_MB);
    last = reading;
  }
  const from = first ?? last;
  const records = last.applied - from.applied;
  const seconds = (last.atMs - from.atMs) / 1_000;
  const cpuMsPerRecord = ((last.cpuS - from.cpuS) * 1_000) / records;
  return { seconds, perSecond: records / seconds, cpuMsPerRecord, maxMb };
}

const readingOf = (samples: MetricSample[]) => ({
  applied: sumOf(samples, 'delivery_records_total', { outcome: 'applied' }),
  cpuS: sumOf(samples, 'process_cpu_seconds_total'),
});

const sumOf = (...asked: Parameters<typeof samplesOf>): number =>
  samplesOf(...asked).reduce((sum, { value }) => sum + value, 0);

/** Of this process; empty while it does not listen yet. */
async function metricsOf(url: string): Promise<MetricSample[]> {
  try {
    const response = await fetch(new URL('/metrics', url));
    return samplesIn(await response.text());
  } catch {
    // It starts. If it never listens, the caller gives up.
    return [];
  }
}

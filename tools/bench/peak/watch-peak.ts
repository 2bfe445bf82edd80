import { setTimeout as sleep } from 'node:timers/promises';
import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { Client } from 'pg';
import { endOfTopic } from '../delivery/end-of-topic.js';
import { percentile } from '../statistics/spread.js';

const PROBE_EVERY_MS = 250;
const PROBE_TIMEOUT_MS = 10_000;
const LAG_EVERY_MS = 1_000;

/** One probe of something that must still work during a peak. */
export interface Probe {
  atMs: number;
  tookMs: number;
  ok: boolean;
}

/** Events that were committed, and records in the topic. */
export interface Lag {
  atMs: number;
  events: number;
  records: number;
}

export interface Observed {
  health: Probe[];
  reads: Probe[];
  lag: Lag[];
}

export interface Watched {
  healthUrl: string;
  /** One payment, with the token of its customer. */
  read: { url: string; token: string };
  brokers: string[];
  /** The payments database as the auditor sees it. */
  databaseUrl: string;
}

/**
 * Watches health, a read and the lag of the connector until the signal. The times count from now.
 */
export async function watchPeak(watched: Watched, signal: AbortSignal): Promise<Observed> {
  const startedAtMs = performance.now();
  const nowMs = () => performance.now() - startedAtMs;
  const { read } = watched;
  const headers = { authorization: `Bearer ${read.token}` };
  const [health, reads, lag] = await Promise.all([
    every(PROBE_EVERY_MS, signal, () => probe(watched.healthUrl, {}, nowMs)),
    every(PROBE_EVERY_MS, signal, () => probe(read.url, headers, nowMs)),
    watchLag(watched, signal, nowMs),
  ]);
  return { health, reads, lag };
}

/** The p99 in ms, and how many were not answered with 200. */
export const summaryOf = (probes: readonly Probe[]) => ({
  p99Ms: percentile(
    probes.map(({ tookMs }) => tookMs),
    0.99,
  ),
  failed: probes.filter(({ ok }) => !ok).length,
});

async function probe(
  url: string,
  headers: Record<string, string>,
  nowMs: () => number,
): Promise<Probe> {
  const atMs = nowMs();
  let ok = false;
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    await answer.arrayBuffer();
    ok = answer.ok;
  } catch {
    // No answer is what a probe is there to find out: `ok` stays false.
  }
  return { atMs, tookMs: nowMs() - atMs, ok };
}

async function watchLag(
  watched: Watched,
  signal: AbortSignal,
  nowMs: () => number,
): Promise<Lag[]> {
  const reader = await openCounts(watched);
  try {
    return await every(LAG_EVERY_MS, signal, async () => {
      const atMs = nowMs();
      return { atMs, ...(await reader.counts()) };
    });
  } finally {
    await reader.close();
  }
}

/** Calls `look` at most once in `everyMs`, one after the other. */
async function every<Found>(
  everyMs: number,
  signal: AbortSignal,
  look: () => Promise<Found>,
): Promise<Found[]> {
  const found: Found[] = [];
  while (!signal.aborted) {
    const [one] = await Promise.all([look(), sleep(everyMs)]);
    found.push(one);
  }
  return found;
}

export interface Counts {
  counts: () => Promise<{ events: number; records: number }>;
  close: () => Promise<void>;
}

/** How many events payments has committed, and how many records the connector has published. */
export async function openCounts({
  brokers,
  databaseUrl,
}: Pick<Watched, 'brokers' | 'databaseUrl'>): Promise<Counts> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  return {
    counts: async () => {
      const { rows } = await client.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM payments.outbox',
      );
      return {
        events: rows[0]?.count ?? NaN,
        records: await endOfTopic(brokers, PAYMENT_COMPLETED),
      };
    },
    close: async () => await client.end(),
  };
}

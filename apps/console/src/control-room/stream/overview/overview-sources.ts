import {
  CONSUMERS,
  PAYMENT_COMPLETED,
  type CircuitState,
  type ConsumerName,
} from '@effectively-once/contracts';
import { z } from 'zod';
import type { Page } from '../../wire/pages.js';
import { readOutbox } from '../../../pipeline/outbox.js';
import type { Query } from '../../../pipeline/payments-database.js';
import type { ActiveFault, OpenPage, Overview } from '../../wire/overview.js';
import { Rates } from './rates.js';
import { scrape, type Scrape } from './scrape.js';

const PAYMENTS_METRICS = ['checkout_requests_total', 'payments_unsettled', 'circuit_state'];
const CONSUMER_METRICS = [
  'delivery_records_total',
  'delivery_parked_keys',
  'delivery_paused_partitions',
  'circuit_state',
];
const CIRCUIT_STATES: readonly CircuitState[] = ['closed', 'half_open', 'open'];

/** The scrape of one app, and the rates of one of its counters. */
export interface AppReading {
  metrics: Scrape;
  perSecond: Map<string, number> | null;
}

export type ReadApp = (nowMs: number) => Promise<AppReading>;

/** @param timeoutMs after which the app counts as down. */
export function readPayments(url: string, timeoutMs: number): ReadApp {
  const rates = new Rates();
  return async (nowMs) => {
    const metrics = await scrape(url, PAYMENTS_METRICS, timeoutMs);
    rates.observe(nowMs, metrics.by('checkout_requests_total', 'outcome'));
    return { metrics, perSecond: rates.perSecond() };
  };
}

/** @param timeoutMs after which the consumer counts as down. */
export function readConsumerApp(url: string, consumer: ConsumerName, timeoutMs: number): ReadApp {
  const rates = new Rates();
  return async (nowMs) => {
    const metrics = await scrape(url, CONSUMER_METRICS, timeoutMs);
    rates.observe(nowMs, metrics.by('delivery_records_total', 'outcome', { consumer }));
    return { metrics, perSecond: rates.perSecond() };
  };
}

export function circuitsOf({ metrics }: AppReading): { dependency: string; state: CircuitState }[] {
  return [...metrics.by('circuit_state', 'dependency')].map(([dependency, value]) => ({
    dependency,
    state: CIRCUIT_STATES[value] ?? 'open',
  }));
}

export async function readOutboxSize(query: Query): Promise<Overview['outbox']> {
  const { rows, latest } = await readOutbox(query);
  return { rows: String(rows), latestAt: latest?.toISOString() ?? null };
}

const faultList = z.object({
  faults: z.array(
    z.object({ target: z.string(), kind: z.string(), secondsLeft: z.number().optional() }),
  ),
});

/** The faults of the simulated external systems. Their mail addresses are not read. */
export async function readFaults(
  thirdPartiesUrl: string,
  nowMs: number,
  timeoutMs: number,
): Promise<ActiveFault[]> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(new URL('/_faults', thirdPartiesUrl), { signal });
  if (!response.ok) throw new Error(`the third parties answered ${response.status}`);
  const { faults } = faultList.parse(await response.json());
  return faults.map(({ target, kind, secondsLeft }, index) => ({
    // The same fault can be on for two addresses.
    id: `${target}.${kind}.${index}`,
    target,
    kind,
    until: secondsLeft === undefined ? null : new Date(nowMs + secondsLeft * 1_000).toISOString(),
  }));
}

export function openPagesOf(pages: Page[]): OpenPage[] {
  return pages
    .filter(({ resolvedAt }) => resolvedAt === null)
    .map(({ summary, severity, runbook, triggeredAt }) => ({
      summary: summary ?? 'a page without a summary',
      severity: severity ?? 'unknown',
      since: triggeredAt,
      runbook: runbook?.replace(/^[^#]*/, '') || null,
    }));
}

/** The end of each partition of the topic that all consumers read. */
export function topicEndsOf(
  ends: readonly { topic: string; partition: number; end: bigint }[],
): { partition: number; end: bigint }[] {
  return ends.filter(({ topic }) => topic === PAYMENT_COMPLETED);
}

export const byConsumer = <Value>(of: (consumer: ConsumerName) => Value) =>
  Object.fromEntries(CONSUMERS.map((name) => [name, of(name)])) as Record<ConsumerName, Value>;

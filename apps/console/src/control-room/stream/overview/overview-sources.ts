import {
  CONSUMERS,
  PAYMENT_COMPLETED,
  type CircuitState,
  type ConsumerName,
} from '@effectively-once/contracts';
import type { FaultSwitchboard } from '@effectively-once/scenarios';
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

/** What is broken on purpose, by the simulated external systems and by the supervisor. */
export async function readFaults(
  switchboard: Pick<FaultSwitchboard, 'broken'>,
): Promise<ActiveFault[]> {
  const { broken, unreadable } = await switchboard.broken();
  if (unreadable.length > 0) throw new Error(`no answer: ${unreadable.join(', ')}`);
  return broken.map(({ id, target, kind, until }) => ({ id, target, kind, until }));
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

import { commitIntervalOf, type ProducerMode } from './producers/perf-test.js';
import type { ProducerCost } from './producers/measure-producers.js';

/** What texts for interviews say about the cost of transactions, and what is measured beside it. */
export interface PublishedClaim {
  text: string;
  /** Of the measured figure. Included. */
  from: number;
  to: number;
  figure: 'throughputLost' | 'ackP99Ratio' | 'ackMeanRatio';
}

/** A claim “about x” is taken as x with 10 percentage points, or a quarter, on each side. */
export const PUBLISHED_CLAIMS: readonly PublishedClaim[] = [
  { text: '10–30 % throughput', from: 0.1, to: 0.3, figure: 'throughputLost' },
  { text: '20–30 % less throughput', from: 0.2, to: 0.3, figure: 'throughputLost' },
  { text: '+40 % latency (p99)', from: 1.3, to: 1.5, figure: 'ackP99Ratio' },
  { text: 'about 2× produce latency', from: 1.5, to: 2.5, figure: 'ackMeanRatio' },
];

/** A transactional mode against the idempotent producer. */
export interface TransactionCost {
  mode: ProducerMode;
  commitEveryMs: number;
  /** 0.2 is 20 % less. Negative: it was faster. */
  throughputLost: number;
  ackMeanRatio: number;
  ackP99Ratio: number;
  visibleP50Ratio: number;
}

export function transactionCosts(costs: readonly ProducerCost[]): TransactionCost[] {
  const base = costs.find(({ mode }) => mode === 'idempotent');
  if (!base) throw new Error('the idempotent producer was not measured');
  return costs.flatMap((cost) => {
    const commitEveryMs = commitIntervalOf(cost.mode);
    if (commitEveryMs === undefined) return [];
    return {
      mode: cost.mode,
      commitEveryMs,
      throughputLost: 1 - cost.perSecond / base.perSecond,
      ackMeanRatio: cost.ackMeanMs / base.ackMeanMs,
      ackP99Ratio: cost.ackP99Ms / base.ackP99Ms,
      visibleP50Ratio: cost.visibleP50Ms / base.visibleP50Ms,
    };
  });
}

/** The commit intervals at which a claim holds; “none” if at none. */
export function holdsAt(claim: PublishedClaim, costs: readonly TransactionCost[]): string {
  const found = costs.filter((cost) => {
    const value = cost[claim.figure];
    return value >= claim.from && value <= claim.to;
  });
  return found.length === 0
    ? 'none'
    : found.map(({ commitEveryMs }) => `${commitEveryMs} ms`).join(', ');
}

import { waitUntilDrained } from '../../faults/wait-until-drained.js';
import type { Checkouts, LoadResult } from '../load/checkouts.js';
import { closedLoop } from '../load/closed-loop.js';
import { spread, type Spread } from '../statistics/spread.js';
import { alternate, ratios, type PhaseFigures, type StreamTarget } from './alternate.js';
import { secondsUsed, totalOf } from '../cpu/cpu-times.js';

/**
 * Until the code is compiled and the connections are open. A number, not a time: a busy machine
 * needs longer, but not fewer.
 */
const WARM_UP_PAYMENTS = 2_000;

export interface CostOptions extends StreamTarget {
  brokers: string[];
  paymentsUrl: string;
  checkouts: Checkouts;
  rounds: number;
  /** Length of the load in each phase. */
  seconds: number;
  /** How many checkouts are sent at once. */
  clients: number;
}

export interface Cost {
  perSecond: Compared;
  /** Of the whole stack, until the last effect is done. */
  cpuMsPerPayment: Compared;
  /** Milliseconds of CPU in a second. */
  consoleCpuMsPerS: Compared;
  audits: { without: number; with: number };
  received: { events: number; bytes: number };
  paid: number;
  failed: number;
}

/** Medians without and with a stream, and the ratio of each round. */
export interface Compared {
  without: number;
  with: number;
  ratio: Spread;
}

type Phase = PhaseFigures<LoadResult>;

/**
 * What one open stream costs the payments: throughput of a closed loop, and CPU of the whole stack.
 * A phase ends when every consumer has caught up, so that each pays for its own effects.
 */
export async function measureCost(options: CostOptions): Promise<Cost> {
  const { brokers, paymentsUrl, checkouts, rounds, seconds, clients, print } = options;
  const load = async () => {
    const result = await closedLoop({ clients, seconds }, checkouts, paymentsUrl);
    await waitUntilDrained(brokers);
    return result;
  };
  await closedLoop({ clients, amount: WARM_UP_PAYMENTS }, checkouts, paymentsUrl);
  await waitUntilDrained(brokers);
  const figures = await alternate(options, { rounds }, async (name, round) => {
    const result = await load();
    print(`  ${round}/${rounds} ${name.padEnd(7)} ${result.perSecond.toFixed(0)} payments/s`);
    return result;
  });
  const compare = (figure: (phase: Phase) => number): Compared => ({
    without: spread(figures.without.map(figure)).median,
    with: spread(figures.with.map(figure)).median,
    ratio: ratios(figures, figure),
  });
  const all = [...figures.without, ...figures.with].map(({ result }) => result);
  const audits = (phases: Phase[]) => phases.filter(({ hadAudit }) => hadAudit).length;
  return {
    perSecond: compare(({ result }) => result.perSecond),
    cpuMsPerPayment: compare(({ cpu, result }) => (totalOf(cpu) * 1_000) / result.paid),
    consoleCpuMsPerS: compare(({ cpu, seconds: took }) => consoleCpuMsPerS(cpu, took)),
    audits: { without: audits(figures.without), with: audits(figures.with) },
    received: figures.received,
    paid: all.reduce((sum, { paid }) => sum + paid, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
  };
}

export const consoleCpuMsPerS = (cpu: Phase['cpu'], seconds: number): number =>
  (secondsUsed(cpu.get('console')) * 1_000) / seconds;

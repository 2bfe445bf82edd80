import Table from 'cli-table3';
import { summaryOf } from './watch-peak.js';
import type { PeakOptions, PeakRun } from './peak-run.js';
import type { Machine } from '../statistics/this-machine.js';

const ROW_EVERY_S = 5;
const READS_P99_MAX_MS = 1_000;
/** The budget of docs/measured.md. */
const ACCEPTED_RATIO_MIN = 0.8;
const REFUSED_P99_MAX_MS = 250;

/** What `npm run bench:peak -- --json` prints. */
export interface PeakReport extends PeakRun {
  at: string;
  machine: Machine;
  options: PeakOptions;
  audit: string;
}

type Bar = [what: string, value: number, bar: { atLeast: number } | { atMost: number }];

/** Every figure that has a limit. */
export function barsOf({ peak, closedLoop, observed, lost, stored, options }: PeakReport): Bar[] {
  const acceptedPerS = peak.accepted.length / options.seconds;
  const others = Object.values(peak.other).reduce((sum, count) => sum + count, 0);
  const [health, reads] = [summaryOf(observed.health), summaryOf(observed.reads)];
  return [
    [
      'accepted, of the closed loop',
      acceptedPerS / closedLoop.perSecond,
      { atLeast: ACCEPTED_RATIO_MIN },
    ],
    ['p99 of a refusal, ms', peak.refusedMs.p99, { atMost: REFUSED_P99_MAX_MS }],
    ['answers that are neither 201 nor `overloaded`', others, { atMost: 0 }],
    ['payments that were accepted and are not stored', lost.length, { atMost: 0 }],
    [
      'payments that are stored and were not accepted',
      stored - peak.accepted.length,
      { atMost: 0 },
    ],
    ['health probes without a 200', health.failed, { atMost: 0 }],
    ['reads without a 200', reads.failed, { atMost: 0 }],
    ['p99 of a read, ms', reads.p99Ms, { atMost: READS_P99_MAX_MS }],
  ];
}

/** One row for five seconds of the peak. */
export function peakTable({ peak, observed }: Pick<PeakRun, 'peak' | 'observed'>): string {
  const table = new Table({
    head: [
      'second',
      'offered/s',
      'accepted/s',
      'refused/s',
      'other',
      'p50 ms',
      'p99 ms',
      'refused p99',
      'behind',
    ],
    style: { head: [], border: [] },
  });
  const { seconds } = peak;
  for (let from = 0; from < seconds.length; from += ROW_EVERY_S) {
    const group = seconds.slice(from, from + ROW_EVERY_S);
    const mean = (of: (one: (typeof group)[number]) => number) =>
      (group.reduce((sum, one) => sum + of(one), 0) / group.length).toFixed(0);
    const highest = (of: (one: (typeof group)[number]) => number) =>
      Math.max(...group.map(of).filter((value) => !Number.isNaN(value))).toFixed(0);
    const lag = observed.lag.filter(({ atMs }) => atMs < (from + ROW_EVERY_S) * 1_000).at(-1);
    table.push([
      `${from}–${from + group.length}`,
      mean(({ offered }) => offered),
      mean(({ accepted }) => accepted),
      mean(({ refused }) => refused),
      group.reduce((sum, { other }) => sum + other, 0),
      highest(({ acceptedP50Ms }) => acceptedP50Ms),
      highest(({ acceptedP99Ms }) => acceptedP99Ms),
      highest(({ refusedP99Ms }) => refusedP99Ms),
      lag ? lag.events - lag.records : '',
    ]);
  }
  return table.toString();
}

/** The figures of the whole run. */
export function summaryLines(report: PeakReport): string[] {
  const { closedLoop, peak, observed, options, caughtUpAfterS, drained } = report;
  const accepted = peak.accepted.length;
  const perS = (count: number) => (count / options.seconds).toFixed(0);
  const [health, reads] = [summaryOf(observed.health), summaryOf(observed.reads)];
  return [
    `closed loop, 32 clients   ${closedLoop.perSecond.toFixed(0)}/s, p50 ${closedLoop.p50Ms} ms, p99 ${closedLoop.p99Ms} ms`,
    `offered                   ${peak.offered} in ${options.seconds} s: ${perS(peak.offered)}/s`,
    `accepted                  ${accepted}: ${perS(accepted)}/s, p50 ${ms(peak.acceptedMs.p50)}, p99 ${ms(peak.acceptedMs.p99)}`,
    `refused                   ${peak.refused}: ${perS(peak.refused)}/s, p50 ${ms(peak.refusedMs.p50)}, p99 ${ms(peak.refusedMs.p99)}`,
    `other answers             ${JSON.stringify(peak.other)}`,
    `health, a read            p99 ${ms(health.p99Ms)}, ${ms(reads.p99Ms)}`,
    `the load generator        ${peak.loadCpuMsPerS.toFixed(0)} ms of CPU a second`,
    `the connector             had published every event ${caughtUpAfterS.toFixed(1)} s after the end`,
    ...Object.entries(drained).map(
      ([consumer, { perSecond, seconds }]) =>
        `${`${consumer} drains`.padEnd(25)} ${perSecond.toFixed(0)}/s for ${seconds.toFixed(0)} s`,
    ),
  ];
}

const ms = (value: number) => `${value.toFixed(0)} ms`;

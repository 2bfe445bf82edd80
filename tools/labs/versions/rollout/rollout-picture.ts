import { lineChart, type LineSeries } from '../../../bench/chart/line-chart.js';
import { stackedCharts } from '../../../bench/chart/stacked.js';
import { CONSUMERS } from '@effectively-once/contracts';
import type { DeployOutcome, Rollout } from './judge-rollout.js';

const STEP_MS = 1_000;

/** Throughput and lag over the same seconds, with each deploy marked. */
export function rolloutPicture(run: Rollout, outcomes: readonly DeployOutcome[]): string {
  const { fromMs } = run.calm;
  const seconds = Math.ceil((run.endedAtMs - fromMs) / STEP_MS);
  const x = { label: 'seconds since the start of the measurement', max: seconds };
  const marks = outcomes.map((one) => ({
    x: (one.startedAtMs - fromMs) / STEP_MS,
    label:
      one === outcomes[run.deploys.length] ? `${one.service}: kill` : `${one.service} → ${one.to}`,
  }));
  const overTime = (yOf: (second: number) => number): LineSeries['points'] =>
    Array.from({ length: seconds }, (_, second) => ({ x: second + 0.5, y: yOf(second) }));
  const countUntil = (times: readonly number[], untilMs: number) =>
    times.filter((time) => time <= untilMs).length;
  const end = (second: number) => fromMs + (second + 1) * STEP_MS;
  return stackedCharts('Rolling deploys and a rollback under load', [
    lineChart({
      title: 'Effects per second, with the start of each deploy',
      x,
      y: { label: 'per second' },
      marks,
      // Payments last: so a consumer has one colour in both charts.
      series: [...CONSUMERS, 'payments' as const].map((name) => ({
        name,
        points: overTime(
          (second) =>
            countUntil(run.times[name], end(second)) - countUntil(run.times[name], end(second - 1)),
        ),
      })),
    }),
    lineChart({
      title: 'Payments that wait for their effect',
      x,
      y: { label: 'payments' },
      series: CONSUMERS.map((name) => ({
        name,
        points: overTime(
          (second) =>
            countUntil(run.times.payments, end(second)) - countUntil(run.times[name], end(second)),
        ),
      })),
    }),
  ]);
}

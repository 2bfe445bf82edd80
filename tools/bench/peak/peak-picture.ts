import { lineChart, type LineSeries } from '../chart/line-chart.js';
import { stackedCharts } from '../chart/stacked.js';
import type { PeakReport } from './peak-report.js';
import type { Second } from './seconds.js';

/** Three charts over the same seconds: rates, latency, and how far the connector is behind. */
export function peakPicture({ peak, observed, options, closedLoop }: PeakReport): string {
  const x = { label: 'seconds since the start of the peak', max: options.seconds };
  const series = (name: string, of: (second: Second) => number): LineSeries => ({
    name,
    points: peak.seconds.map((second) => ({ x: second.second + 0.5, y: of(second) })),
  });
  const closed = Math.round(closedLoop.perSecond);
  return stackedCharts('A peak of checkouts', [
    lineChart({
      title: `${options.perSecond} checkouts a second are offered`,
      subtitle: `with 32 clients that wait for each answer, payments makes ${closed} a second on this machine`,
      x,
      y: { label: 'per second' },
      series: [
        series('offered', ({ offered }) => offered),
        series('accepted and paid (201)', ({ accepted }) => accepted),
        series('refused at once (503)', ({ refused }) => refused),
      ],
    }),
    lineChart({
      title: 'How long an answer takes',
      x,
      y: { label: 'ms' },
      series: [
        series('accepted, p50', ({ acceptedP50Ms }) => acceptedP50Ms),
        series('accepted, p99', ({ acceptedP99Ms }) => acceptedP99Ms),
        series('refused, p99', ({ refusedP99Ms }) => refusedP99Ms),
        {
          name: 'a read',
          points: observed.reads.map(({ atMs, tookMs }) => ({ x: atMs / 1_000, y: tookMs })),
        },
      ],
    }),
    lineChart({
      title: 'How far the connector is behind',
      x,
      y: { label: 'events' },
      series: [
        {
          name: 'committed and not yet in the topic',
          points: observed.lag.map(({ atMs, events, records }) => ({
            x: atMs / 1_000,
            y: Math.max(0, events - records),
          })),
        },
      ],
    }),
  ]);
}

import { barChart, type BarPanel } from '../../bench/chart/bar-chart.js';
import { lineChart } from '../../bench/chart/line-chart.js';
import { stackedCharts } from '../../bench/chart/stacked.js';
import { percentile } from '../../bench/statistics/spread.js';
import type { TransactionsMeasured } from './judge-transactions.js';
import type { ProducerMode } from './producers/perf-test.js';
import { PUBLISHED_CLAIMS, transactionCosts, type TransactionCost } from './published-claims.js';

const TITLE = 'Kafka transactions: what they cost, and where they end';
const QUANTILES = Array.from({ length: 101 }, (_, n) => Math.min(0.999, n / 100));
const PUBLISHED = 'published';

/** As much as a legend has room for. */
const shortNameOf = (mode: ProducerMode) => mode.replace('every ', '');

/** The cost beside the published claims, the latency, and what kills did in Kafka and outside. */
export function transactionsPicture(measured: TransactionsMeasured): string {
  const charts = [costs(measured), latencies(measured)];
  if (measured.connect.length > 0) charts.push(connectBars(measured));
  return stackedCharts(TITLE, [...charts, openTransactions(measured), unchangedRow(measured)]);
}

function costs({ producers }: TransactionsMeasured): string {
  const measured = transactionCosts(producers);
  const claims = (figure: keyof TransactionCost) =>
    PUBLISHED_CLAIMS.filter((claim) => claim.figure === figure);
  const ofFigure = (
    title: string,
    figure: 'throughputLost' | 'ackMeanRatio' | 'ackP99Ratio',
    shownAs: (value: number) => string,
  ): BarPanel => {
    const published = claims(figure);
    const [min, max] = [
      Math.min(...published.map(({ from }) => from)),
      Math.max(...published.map(({ to }) => to)),
    ];
    return {
      title: `${title}; published: ${published.map(({ text }) => text).join(', ')}`,
      bars: [
        ...measured.map((cost) => ({
          label: shortNameOf(cost.mode),
          value: Math.max(0, cost[figure]),
          shown: shownAs(cost[figure]),
        })),
        {
          label: PUBLISHED,
          value: (min + max) / 2,
          spread: { min, max },
          shown: '',
        },
      ],
    };
  };
  const percent = (value: number) => `${Math.round(100 * value)} %`;
  const times = (value: number) => `${value.toFixed(1)}×`;
  return barChart({
    title: TITLE,
    subtitle:
      "Kafka's own kafka-producer-perf-test, 500-byte records, against the idempotent producer",
    panels: [
      {
        title: 'records/s, as many as it can (more is better; the line: lowest to highest round)',
        bars: producers.map(({ mode, perSecond, rounds }) => ({
          label: shortNameOf(mode),
          value: perSecond,
          spread: { min: Math.min(...rounds), max: Math.max(...rounds) },
          shown: Math.round(perSecond).toLocaleString('en-US'),
        })),
      },
      ofFigure('throughput lost (less is better)', 'throughputLost', percent),
      ofFigure('time to the acknowledgement, mean', 'ackMeanRatio', times),
      ofFigure('time to the acknowledgement, p99', 'ackP99Ratio', times),
    ],
  });
}

function latencies({ producers }: TransactionsMeasured): string {
  return lineChart({
    title: 'Until a reader of read_committed has the record',
    subtitle:
      'cumulative share of the records at a fixed rate of 500/s; an open transaction hides them',
    x: { label: 'time since send (ms)' },
    y: { label: 'share of the records (%)', max: 100 },
    series: producers.map(({ mode, visibleMs }) => ({
      name: shortNameOf(mode),
      points: QUANTILES.map((quantile) => ({
        x: percentile(visibleMs, quantile),
        y: 100 * quantile,
      })),
    })),
  });
}

function connectBars({ connect }: TransactionsMeasured): string {
  const killed = connect.filter(({ kills }) => kills > 0);
  const kills = killed[0]?.kills ?? NaN;
  return barChart({
    title: 'Kafka Connect: exactly.once.source.support',
    subtitle: `the outbox connector of this project; ${kills} kills -9 of the worker under load`,
    panels: [
      {
        title: 'events/s that read_committed sees (more is better)',
        bars: connect.map(({ mode, perSecond }) => ({ label: mode, value: perSecond })),
      },
      {
        title: 'events published again, as read_committed sees it',
        bars: killed.map(({ mode, publishedAgain }) => ({ label: mode, value: publishedAgain })),
      },
      {
        title: 'events published again, as read_uncommitted sees it',
        bars: killed.map((one) => ({ label: one.mode, value: one.publishedAgainUncommitted })),
      },
    ],
  });
}

function openTransactions({ visibility }: TransactionsMeasured): string {
  const { timeline, holds } = visibility;
  const points = (of: 'read_committed' | 'read_uncommitted') =>
    timeline.map((sample) => ({ x: sample.atMs / 1_000, y: sample[of] }));
  return lineChart({
    title: 'An open transaction holds the last stable offset',
    subtitle: 'the records of another producer wait behind it, until it ends or the broker ends it',
    x: { label: 'seconds since the start (s)' },
    y: { label: 'records seen' },
    series: [
      { name: 'read_uncommitted', points: points('read_uncommitted') },
      { name: 'read_committed', points: points('read_committed') },
    ],
    marks: holds.map(({ end, fromMs }) => ({ x: fromMs / 1_000, label: end })),
  });
}

function unchangedRow({ counting }: TransactionsMeasured): string {
  const ends = counting[0]?.ends ?? NaN;
  return barChart({
    title: 'The unchanged row',
    subtitle: `two groups count the same payments; the same ${ends} planned ends of their processes`,
    panels: [
      {
        title: 'in Kafka: payments per user and minute that are wrong',
        bars: counting.map(({ way, wrong }) => ({ label: way, value: wrong })),
      },
      {
        title: 'outside Kafka: payments with more than one row in PostgreSQL',
        bars: counting.map((one) => ({ label: one.way, value: one.outsideDoubled })),
      },
    ],
  });
}

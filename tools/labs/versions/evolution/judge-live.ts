import type { VerdictCounts } from '@effectively-once/audit';
import type { ConsumerName } from '@effectively-once/contracts';
import { lineChart, type LineSeries } from '../../../bench/chart/line-chart.js';
import type { LabClaim } from '../../lab.js';
import type { CheckoutSeen } from '../deploy/customers.js';
import type { Deploy } from '../deploy/fleet.js';
import { unpaid, type PublishedEvent } from '../deploy/run-records.js';

/** What the lab has seen of version 2, rolled out while customers paid. */
export interface LiveChange {
  /** ms since the epoch. */
  startedAtMs: number;
  /** A consumer that does not know version 2 joined again. */
  mistakeAtMs: number;
  /** The customers had left. */
  endedAtMs: number;
  mistaken: ConsumerName;
  deploys: readonly Deploy[];
  deadLetters: { inOrder: number; byMistake: number; redriven: number };
  published: readonly PublishedEvent[];
  checkouts: readonly CheckoutSeen[];
  verdict: VerdictCounts;
}

const STEP_MS = 1_000;

export const ofVersion = (published: readonly PublishedEvent[], asked: PublishedEvent['version']) =>
  published.filter(({ version }) => version === asked);

export function liveClaims(live: LiveChange): LabClaim[] {
  const { inOrder, byMistake, redriven } = live.deadLetters;
  const { lost, doubled, late, other } = live.verdict;
  const none = (claim: string, value: number): LabClaim => ({ claim, value, atMost: 0 });
  const some = (claim: string, value: number): LabClaim => ({ claim, value, atLeast: 1 });
  return [
    some('live: events of version 1', ofVersion(live.published, 1).length),
    some('live: events of version 2', ofVersion(live.published, 2).length),
    none('live, expand and contract: dead letters', inOrder),
    some('live, an old reader after the switch: dead letters', byMistake),
    none('live: dead letters that were not redriven', byMistake - redriven),
    none('live: customers without a paid order', unpaid(live.checkouts)),
    none('live: payments that lost something', lost),
    none('live: payments that have something twice', doubled),
    none('live: payments that wait for something at the end', late),
    none('live: other violations', other),
  ];
}

/** Which version was published when, with each deploy marked. */
export function livePicture(live: LiveChange): string {
  const { startedAtMs: fromMs } = live;
  const seconds = Math.ceil((live.endedAtMs - fromMs) / STEP_MS);
  const inSeconds = (ms: number) => (ms - fromMs) / STEP_MS;
  const series = (version: PublishedEvent['version']): LineSeries => {
    const times = ofVersion(live.published, version).map(({ atMs }) => Math.floor(inSeconds(atMs)));
    const points = Array.from({ length: seconds }, (_, second) => ({
      x: second + 0.5,
      y: times.filter((time) => time === second).length,
    }));
    return { name: `version ${version} published`, points };
  };
  return lineChart({
    title: 'Version 2, rolled out while customers pay',
    subtitle: 'N-1 reads version 1, N reads both and publishes version 2, N+1 reads version 2',
    x: { label: 'seconds', max: seconds },
    y: { label: 'events per second' },
    marks: [
      ...live.deploys.map((one) => ({
        x: inSeconds(one.startedAtMs),
        label: `${one.service} → ${one.to}`,
      })),
      { x: inSeconds(live.mistakeAtMs), label: `N-1 of ${live.mistaken} joins` },
    ],
    series: [series(1), series(2)],
  });
}

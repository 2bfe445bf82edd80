import { barChart } from '../../bench/chart/bar-chart.js';
import { columnsChart } from '../../bench/chart/columns-chart.js';
import { stackedCharts } from '../../bench/chart/stacked.js';
import type { JudgedReceipt, MailWindowOutcomes } from './judge-mails.js';
import type { StepTimes } from './network/wiretap.js';

const TITLE = 'When does a kill double a receipt, and when does it lose one?';
const STEP_MS = 10;
/** After the last receipt that was harmed. */
const COLUMNS_AFTER = 5;
const COLUMNS_MAX = 60;

export interface MailPicture {
  judged: { product: JudgedReceipt[]; markerFirst: JudgedReceipt[] };
  /** With the delay of the lab: medians from the claim. */
  times: { product: StepTimes; markerFirst: StepTimes };
  outcomes: MailWindowOutcomes;
  /** Without the delay. */
  windowMs: number;
}

/** Two histograms over the time of the kill, and the outage as bars. */
export function mailWindowPicture({ judged, times, outcomes, windowMs }: MailPicture): string {
  const { contentMs, markedMs } = times.product;
  const product = histogram({
    title: `Marker after the mail (email): ${outcomes.product.doubled} doubled, all with evidence`,
    subtitle: `each message is delayed by 20 ms; without the delay this window is ${windowMs.toFixed(1)} ms`,
    receipts: judged.product,
    harm: { name: 'doubled', is: ({ mails }) => mails > 1 },
    block: { from: contentMs, to: markedMs, label: 'end of DATA → marker' },
  });
  const markerFirst = histogram({
    title: `Marker first: ${outcomes.markerFirst.lost} lost`,
    subtitle:
      'the marker is the first command, so the window is the whole dialogue with the provider',
    receipts: judged.markerFirst,
    harm: { name: 'lost', is: ({ mails }) => mails === 0 },
    block: { from: 0, to: times.markerFirst.contentMs, label: 'marker → end of DATA' },
  });
  return stackedCharts(TITLE, [product, markerFirst, outage(outcomes)]);
}

function histogram(asked: {
  title: string;
  subtitle: string;
  receipts: JudgedReceipt[];
  harm: { name: string; is: (one: JudgedReceipt) => boolean };
  block: { from: number; to: number; label: string };
}): string {
  const { title, subtitle, receipts, harm, block } = asked;
  // The time of a kill at a failure point is not known as exactly as that of a kill by the lab.
  const timed = receipts.filter(({ point, afterClaimMs }) => !point && afterClaimMs >= 0);
  const lastMs = Math.max(block.to, ...timed.filter(harm.is).map((one) => one.afterClaimMs));
  const columns = Math.min(COLUMNS_MAX, Math.ceil(lastMs / STEP_MS) + COLUMNS_AFTER);
  const countsOf = (all: JudgedReceipt[]) =>
    Array.from(
      { length: columns },
      (_, n) => all.filter(({ afterClaimMs: ms }) => Math.floor(ms / STEP_MS) === n).length,
    );
  return columnsChart({
    title,
    subtitle,
    x: { label: 'time from the claim to the kill (ms)', step: STEP_MS },
    yLabel: 'receipts',
    series: [
      { name: 'mailed once', counts: countsOf(timed.filter((one) => !harm.is(one))) },
      { name: harm.name, counts: countsOf(timed.filter(harm.is)) },
    ],
    block,
  });
}

function outage({ failClosed, failOpen }: MailWindowOutcomes): string {
  const panel = (title: string, value: (one: typeof failOpen) => number) => ({
    title,
    bars: [
      { label: 'fail closed (email)', value: value(failClosed) },
      { label: 'fail open', value: value(failOpen) },
    ],
  });
  return barChart({
    title: `Redis is away for ${(failClosed.awayMs / 1_000).toFixed(1)} s`,
    subtitle: `${failOpen.payments} receipts are redelivered meanwhile, ${failOpen.payments} are new`,
    panels: [
      panel('doubled', ({ doubled }) => doubled),
      panel('latest new receipt (s)', ({ latestMs }) => latestMs / 1_000),
    ],
  });
}

import { verdictSentence, type VerdictCounts } from '@effectively-once/audit';
import Table from 'cli-table3';
import type { OffsetPlan } from '../../replay/replay-offsets.js';
import type { PaymentPlan } from '../../replay/replay-payments.js';

/** The plan of a replay by time or by offset. */
export function offsetPlanText(plan: OffsetPlan, nowMs: number): string {
  const { consumer, partitions } = plan;
  const table = new Table({
    head: ['partition', 'from', 'to', 'records', 'oldest', 'have their effect'],
    style: { head: [], border: [], compact: true },
  });
  for (const { partition, from, end, records, oldestMs, absorbed } of partitions) {
    const age = oldestMs === undefined ? '–' : roughAge(nowMs - oldestMs);
    table.push([partition, String(from), String(end), records, age, absorbed].map(String));
  }
  const records = sum(partitions.map((one) => one.records));
  const absorbed = sum(partitions.map((one) => one.absorbed));
  const undecodable = sum(partitions.map((one) => one.undecodable));
  const oldestMs = Math.min(...partitions.map((one) => one.oldestMs ?? Infinity));
  const age = oldestMs < Infinity ? `, the oldest is ${roughAge(nowMs - oldestMs)} old` : '';
  return [
    ...(partitions.length > 0 ? [table.toString()] : []),
    `${count(records, 'record')} to ${consumer} once more${age}`,
    `${absorbed} have their effect and will be absorbed, ${records - absorbed - undecodable} have none` +
      (undecodable > 0 ? `, ${undecodable} are poison pills` : ''),
    ...notes(plan),
  ].join('\n');
}

function notes({ expired, beginsLater, deadLetters }: OffsetPlan): string[] {
  const lost = sum(expired.map(({ from, end }) => Number(end - from)));
  const { pending, discarded } = deadLetters;
  return [
    ...(pending + discarded > 0
      ? [
          `among them are records that were dead-lettered: ${pending} pending, ${discarded} discarded; ` +
            'they are attempted once more',
        ]
      : []),
    ...(lost > 0
      ? [
          `the topic has deleted ${count(lost, 'offset')} that this consumer never completed ` +
            `(${expired.map(({ partition, from, end }) => `${partition}: ${from} to ${end}`).join(', ')}); ` +
            'only --from-payments brings these back',
        ]
      : []),
    ...(beginsLater
      ? ['the topic no longer has all records since that time; --from-payments brings older ones']
      : []),
  ];
}

/** The plan of a replay from payments' own rows. */
export function paymentPlanText(plan: PaymentPlan, nowMs: number): string {
  const { consumer, range, sent, absorbed, leftOut } = plan;
  const age = range ? `, the oldest completed ${roughAge(nowMs - range.firstMs)} ago` : '';
  return [
    `${count(sent, 'payment')} to the redrive topic of ${consumer}${age}`,
    `${absorbed} have their effect and will be absorbed, ${sent - absorbed} have none`,
    ...(leftOut.count > 0
      ? [
          `${count(leftOut.count, 'payment')} left out: the mail provider has accepted the receipt, ` +
            `and email no longer knows it (${leftOut.ids.join(', ')}` +
            `${leftOut.count > leftOut.ids.length ? ', …' : ''})`,
        ]
      : []),
  ].join('\n');
}

export const verdictText = (counts: VerdictCounts) =>
  `${verdictSentence(counts)}, of ${counts.payments} payments`;

const UNITS: [name: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** In the largest unit of which there are two. */
export function roughAge(ms: number): string {
  const [name, unitMs] = UNITS.find((unit) => ms >= 2 * unit[1]) ?? ['s', 1_000];
  return `${Math.max(Math.floor(ms / unitMs), 0)} ${name}`;
}

const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;

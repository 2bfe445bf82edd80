import { auditEffects, perSecond, type Effect } from '../../bench/delivery/effects.js';
import type { LabClaim, LabTable } from '../lab.js';
import { positionsOfWorstUser } from '../process/records/judge-effects.js';
import type { LabRecord, Way } from '../process/records/lab-record.js';

export interface OrderCase {
  name: string;
  way: Extract<Way, 'by partition' | 'retry topic' | 'lanes'>;
  key: 'user' | 'random';
  partitions: number;
  /** With a backlog in the old partitions. */
  partitionsAdded?: number;
  /** A record in a hundred fails once. */
  someFail?: true;
  /** Whether a later record of a user may overtake an earlier one. */
  keepsOrder: boolean;
}

export const ORDER_CASES: readonly OrderCase[] = [
  { name: 'key = user', way: 'by partition', key: 'user', partitions: 6, keepsOrder: true },
  { name: 'random key', way: 'by partition', key: 'random', partitions: 6, keepsOrder: false },
  { name: 'one partition', way: 'by partition', key: 'random', partitions: 1, keepsOrder: true },
  {
    name: '6 → 12 partitions',
    way: 'by partition',
    key: 'user',
    partitions: 6,
    partitionsAdded: 6,
    keepsOrder: false,
  },
  {
    name: 'retry topic',
    way: 'retry topic',
    key: 'user',
    partitions: 6,
    someFail: true,
    keepsOrder: false,
  },
  {
    name: 'lanes, 1 % fail',
    way: 'lanes',
    key: 'user',
    partitions: 6,
    someFail: true,
    keepsOrder: true,
  },
];

export const ORDER_USERS = 20;
const FAILING_SHARE = 100;
const FAILING_MIN = 3;

/** The records of a case with their keys. Those that fail are in the first half. */
export function orderRecords(
  random: () => number,
  { key, someFail }: OrderCase,
  count: number,
): { key: string; record: Omit<LabRecord, 'at'> }[] {
  const failing = new Set<number>();
  const wanted = someFail ? Math.max(FAILING_MIN, Math.round(count / FAILING_SHARE)) : 0;
  while (failing.size < wanted) failing.add(Math.floor((random() * count) / 2));
  return Array.from({ length: count }, (_, n) => {
    const user = `user-${n % ORDER_USERS}`;
    return {
      key: key === 'user' ? user : String(random()),
      record: failing.has(n) ? { user, n, failures: 1 } : { user, n },
    };
  });
}

export interface OrderOutcome {
  name: string;
  keepsOrder: boolean;
  lost: number;
  doubled: number;
  /** Effects that came after a later effect of their user, per 10,000 records. */
  overtakenPer10k: number;
  perSecond: number;
  /** Of one user: position in against position out. */
  positions: { x: number; y: number }[];
}

export function judgeOrder(
  { name, keepsOrder }: Pick<OrderCase, 'name' | 'keepsOrder'>,
  effects: Effect[],
  count: number,
): OrderOutcome {
  const expected = new Set(Array.from({ length: count }, (_, n) => n));
  const { lost, doubled, reordered } = auditEffects(effects, expected);
  return {
    name,
    keepsOrder,
    lost,
    doubled,
    overtakenPer10k: (reordered * 10_000) / count,
    perSecond: perSecond(effects),
    positions: positionsOfWorstUser(effects),
  };
}

export function orderClaims(outcomes: readonly OrderOutcome[]): LabClaim[] {
  return outcomes.flatMap(({ name, keepsOrder, lost, overtakenPer10k }) => [
    {
      claim: `${name}: overtaken per 10,000`,
      value: overtakenPer10k,
      ...(keepsOrder ? { atMost: 0 } : { atLeast: 1 }),
    },
    { claim: `${name}: lost`, value: lost, atMost: 0 },
  ]);
}

export function orderTable(outcomes: readonly OrderOutcome[]): LabTable {
  return {
    head: ['case', 'overtaken per 10,000', 'lost', 'doubled', 'records/s'],
    rows: outcomes.map(({ name, overtakenPer10k, lost, doubled, perSecond: rate }) => [
      name,
      ...[overtakenPer10k.toFixed(0), lost, doubled, rate.toFixed(0)].map(String),
    ]),
  };
}

import { auditEffects, type Effect } from '../../bench/delivery/effects.js';
import type { LabClaim, LabTable } from '../lab.js';
import { overtakenBy, perSecondSince } from '../process/records/judge-effects.js';
import type { Way } from '../process/records/lab-record.js';
import { behindPoison, ofOtherUsers, type PoisonPlan } from './plan.js';

export interface PoisonOutcome {
  way: Way;
  /** Records with neither an effect nor a dead letter. Of stock they are not lost: they wait. */
  lost: number;
  doubled: number;
  /** Effects after a later effect of the same user. */
  reordered: number;
  deadLettered: number;
  flakyOvertakenBy: number;
  /** Records behind the poison in its partition that have an effect. */
  behindDone: number;
  behind: number;
  /** Of the other users' records sent after the poison: the share done within 2 s. */
  othersShare: number;
  perSecond: number[];
}

const IN_TIME_MS = 2_000;
// Against the consumer that skips, in the same run: no way can be faster than skipping, and a busy
// machine delays both.
const OTHERS_RATIO_MIN = 0.9;
const STOCK_RATIO_MAX = 0.5;

/**
 * @param run.isPoisonDone whether the run lasted until the bad record was dead-lettered. If not,
 * its user's records are still parked in lanes, and only the other users are judged.
 */
export function judgePoison(
  plan: PoisonPlan,
  run: {
    way: Way;
    effects: Effect[];
    deadLettered: number;
    startedAtMs: number;
    seconds: number;
    isPoisonDone: boolean;
  },
): PoisonOutcome {
  const { way, effects, deadLettered, isPoisonDone } = run;
  const all = new Set(plan.records.map(({ n }) => n));
  const isParked = way === 'lanes' && !isPoisonDone;
  const expected = isParked ? ofOtherUsers(plan) : all;
  const { lost, doubled, reordered } = auditEffects(effects, expected);
  const behind = new Set(behindPoison(plan));
  const others = ofOtherUsers(plan);
  const sentAfter = [...others].filter((n) => n > plan.poison.n && n !== plan.flaky.n);
  const inTime = new Set(
    effects
      .filter(({ doneAtMs, producedAtMs }) => doneAtMs - producedAtMs <= IN_TIME_MS)
      .map(({ n }) => n),
  );
  return {
    way,
    lost: lost - deadLettered,
    doubled,
    reordered,
    deadLettered,
    flakyOvertakenBy: overtakenBy(effects, plan.flaky.n),
    behindDone: effects.filter(({ n }) => behind.has(n)).length,
    behind: behind.size,
    othersShare: sentAfter.filter((n) => inTime.has(n)).length / sentAfter.length,
    perSecond: perSecondSince(effects, run.startedAtMs, run.seconds),
  };
}

export function poisonTable(outcomes: readonly PoisonOutcome[]): LabTable {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return {
    head: [
      'way',
      'no effect, no dead letter',
      'doubled',
      'dead letters',
      'flaky record overtaken by',
      'done behind the bad record',
      'other users within 2 s',
    ],
    rows: outcomes.map((one) => [
      one.way,
      ...[one.lost, one.doubled, one.deadLettered, one.flakyOvertakenBy].map(String),
      `${one.behindDone} of ${one.behind}`,
      percent(one.othersShare),
    ]),
  };
}

/** @param withTimes also judges how long the other users wait; a test does not assert times. */
export function poisonClaims(
  outcomes: readonly PoisonOutcome[],
  { withTimes }: { withTimes: boolean },
): LabClaim[] {
  const shareOfSkipping = outcomes.find(({ way }) => way === 'skip')?.othersShare ?? NaN;
  return outcomes.flatMap(({ way, ...one }): LabClaim[] => {
    const clean = [
      { claim: `${way}: lost`, value: one.lost, atMost: 0 },
      { claim: `${way}: doubled`, value: one.doubled, atMost: 0 },
    ];
    const ratio = {
      claim: `${way}: other users' records done within 2 s, against skipping`,
      value: one.othersShare / shareOfSkipping,
    };
    const others = withTimes ? [{ ...ratio, atLeast: OTHERS_RATIO_MIN }] : [];
    const overtaken = `${way}: later records of its user that overtake the flaky record`;
    switch (way) {
      case 'stock':
        return [
          { claim: 'stock: records done behind the bad one', value: one.behindDone, atMost: 0 },
          ...(withTimes ? [{ ...ratio, atMost: STOCK_RATIO_MAX }] : []),
        ];
      case 'skip':
        return [{ claim: 'skip: lost', value: one.lost, atLeast: 2, atMost: 2 }];
      case 'retry topic':
        return [...clean, { claim: overtaken, value: one.flakyOvertakenBy, atLeast: 1 }, ...others];
      case 'lanes':
        return [
          ...clean,
          { claim: 'lanes: reordered', value: one.reordered, atMost: 0 },
          ...others,
        ];
      case 'by partition':
        return [];
      default:
        return way satisfies never;
    }
  });
}

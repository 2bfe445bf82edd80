import { dedupWindowNeeded } from '@effectively-once/contracts';
import type { LabClaim, LabTable } from '../lab.js';

/** One event, delivered twice. Ages on the scaled clock, in hours. */
export interface Redelivery {
  /** Time between the two deliveries. */
  ageHours: number;
  effects: number;
}

const MINUTE_HOURS = 1 / 60;

/**
 * The redelivery ages of one incident, in hours. Most are those of restarted consumers, a quarter
 * are those of an outage of a day, and a few are those of a redrive after days.
 */
export function incidentAges(random: () => number, count: number): number[] {
  return Array.from({ length: count }, () => {
    const kind = random();
    const within = random();
    if (kind < 0.7) return MINUTE_HOURS + within * within * 2;
    if (kind < 0.95) return 2 + within * 28;
    return 30 + within * 110;
  });
}

/** The window that these ages ask for, in whole hours. Email's alert has the same formula. */
export const windowOf = (agesHours: readonly number[]): number =>
  Math.ceil(dedupWindowNeeded(agesHours));

/** How often the incident runs again. */
const SLOWER_MAX = 3;

/**
 * Runs the incident on a scaled clock that the machine keeps. A machine that stands still for
 * longer than the margin of the longest window makes an age that was not drawn. Then the incident
 * runs again on a clock half as fast, which makes the margin twice as long.
 *
 * @returns the redeliveries of each window. The last window must be the longest.
 */
export async function onAKeptClock(
  msPerHour: number,
  windows: readonly { ttlHours: number }[],
  redeliver: (msPerHour: number) => Promise<Redelivery[][]>,
  slowerMax = SLOWER_MAX,
): Promise<Redelivery[][]> {
  const redelivered = await redeliver(msPerHour);
  const longestHours = windows.at(-1)?.ttlHours ?? Infinity;
  const isKept = redelivered.at(-1)?.every(({ ageHours }) => ageHours <= longestHours) ?? true;
  if (isKept || slowerMax === 0) return redelivered;
  return await onAKeptClock(2 * msPerHour, windows, redeliver, slowerMax - 1);
}

export interface WindowOutcome {
  name: string;
  ttlHours: number;
  redeliveries: number;
  /** Share of the redeliveries older than the marker, from 0 to 1. */
  older: number;
  /** Share of the events with two effects. */
  doubled: number;
  lost: number;
}

export function judgeWindow(
  { name, ttlHours }: Pick<WindowOutcome, 'name' | 'ttlHours'>,
  redeliveries: readonly Redelivery[],
): WindowOutcome {
  const share = (isOf: (one: Redelivery) => boolean) =>
    redeliveries.filter(isOf).length / redeliveries.length;
  return {
    name,
    ttlHours,
    redeliveries: redeliveries.length,
    older: share(({ ageHours }) => ageHours > ttlHours),
    doubled: share(({ effects }) => effects > 1),
    lost: redeliveries.filter(({ effects }) => effects === 0).length,
  };
}

/** An age within a few ms of the marker can be on either side. */
const TOLERANCE = 0.02;

export function windowClaims(outcomes: readonly WindowOutcome[]): LabClaim[] {
  const [shortest, longest] = [outcomes[0], outcomes.at(-1)];
  return [
    ...outcomes.map(({ name, older, doubled }) => ({
      claim: `${name}: share doubled, less share older than the marker`,
      value: doubled - older,
      atLeast: -TOLERANCE,
      atMost: TOLERANCE,
    })),
    ...outcomes.map(({ name, lost }) => ({ claim: `${name}: lost`, value: lost, atMost: 0 })),
    {
      claim: `${shortest?.name}: share doubled`,
      value: shortest?.doubled ?? NaN,
      atLeast: 0.01,
    },
    { claim: `${longest?.name}: share doubled`, value: longest?.doubled ?? NaN, atMost: 0 },
  ];
}

export function windowTable(outcomes: readonly WindowOutcome[]): LabTable {
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
  return {
    head: ['marker lives', 'redeliveries', 'older than the marker', 'doubled', 'lost'],
    rows: outcomes.map((one) => [
      one.name,
      String(one.redeliveries),
      percent(one.older),
      percent(one.doubled),
      String(one.lost),
    ]),
  };
}

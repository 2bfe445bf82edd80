import type { ConsumerName } from '@effectively-once/contracts';
import type { LabContext } from '../../lab.js';
import { drawnOrder, startsAsOf } from '../deploy/drawn-releases.js';
import type { Release, ServiceName } from '../deploy/fleet.js';

export interface RolloutPlan {
  perSecond: number;
  /** The consumers to deploy, in the order of the way forth. The others are N from the start. */
  order: readonly ConsumerName[];
  startsAs: Record<ServiceName, Release>;
  calmMs: number;
  /** After each deploy. */
  restMs: number;
  /** The consumer that is also replaced by `kill -9`, to compare. */
  kills?: ConsumerName;
}

const FULL = { perSecond: 20, calmMs: 10_000, restMs: 5_000 };
const SMALL = { perSecond: 5, calmMs: 2_000, restMs: 1_000 };

/** The seed draws the order of the consumers, and which of them is killed. */
export function drawnPlan({
  random,
  isSmall,
}: Pick<LabContext, 'random' | 'isSmall'>): RolloutPlan {
  const drawn = drawnOrder(random);
  const order = isSmall ? drawn.slice(0, 1) : drawn;
  const kills = isSmall ? undefined : drawn[0];
  return {
    ...(isSmall ? SMALL : FULL),
    order,
    startsAs: startsAsOf(order),
    ...(kills && { kills }),
  };
}

import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import type { DeliveryPoint } from '@effectively-once/delivery';

/** Around the effect. `after_effect_before_mark` is the window of a strategy that has one. */
const POINTS = [
  'after_decode',
  'before_effect',
  'after_effect_before_mark',
  'before_commit',
] as const satisfies readonly DeliveryPoint[];
const WINDOW = 'after_effect_before_mark';

/** One kill of each consumer. */
export interface ProductKill {
  /** The share of this round's payments that is done before the failure points are set. */
  share: number;
  points: Record<ConsumerName, (typeof POINTS)[number]>;
}

/** The first kill of each consumer is in the window, so that each run has one. */
export const plannedProductKills = (random: () => number, kills: number): ProductKill[] =>
  Array.from({ length: kills }, (_, n) => {
    const drawn = () => POINTS[Math.floor(random() * POINTS.length)]!;
    const points = CONSUMERS.map((name) => [name, n === 0 ? WINDOW : drawn()] as const);
    return {
      share: random() / 2,
      points: Object.fromEntries(points) as ProductKill['points'],
    };
  });

/** How many kills hit email between its mail and its marker. */
export const killsInMailWindow = (kills: readonly ProductKill[]): number =>
  kills.filter(({ points }) => points.email === WINDOW).length;

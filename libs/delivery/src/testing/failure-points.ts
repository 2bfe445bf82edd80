import type { IdempotencyStrategy } from '../idempotency-strategy.js';

/** Where a process can be made to die, to show what then happens. In the order a record meets them. */
export const DELIVERY_POINTS = [
  'after_decode',
  'before_effect',
  'after_effect_before_mark',
  'before_commit',
  'before_dead_letter',
  'after_dead_letter',
] as const;

export type DeliveryPoint = (typeof DELIVERY_POINTS)[number];

/** Does nothing, except in a process that was started to die here. */
export type ReachPoint = (point: DeliveryPoint) => void;

/**
 * The two points inside a strategy lie at the two ends of the effect it surrounds, so no strategy knows
 * of them.
 */
export function withFailurePoints<Event, Context>(
  strategy: IdempotencyStrategy<Event, Context>,
  reach: ReachPoint,
): IdempotencyStrategy<Event, Context> {
  return {
    crashAfterEffect: strategy.crashAfterEffect,
    once: (event, effect) =>
      strategy.once(event, async (context) => {
        reach('before_effect');
        await effect(context);
        reach('after_effect_before_mark');
      }),
  };
}

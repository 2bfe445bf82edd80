import type { IdempotencyStrategy } from '../idempotency-strategy.js';

/** Fault injection: points where a test kills the process, in the order of a record's life. */
export const DELIVERY_POINTS = [
  'after_decode',
  'before_effect',
  'after_effect_before_mark',
  'before_commit',
  'before_dead_letter',
  'after_dead_letter',
] as const;

export type DeliveryPoint = (typeof DELIVERY_POINTS)[number];

/** Does nothing, except in a process that was started to die at this point. */
export type ReachDeliveryPoint = (point: DeliveryPoint) => void;

/**
 * Adds the two failure points inside a strategy: before and after the effect that it surrounds. So
 * no strategy knows of them.
 */
export function withFailurePoints<Event, Context>(
  strategy: IdempotencyStrategy<Event, Context>,
  reach: ReachDeliveryPoint,
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

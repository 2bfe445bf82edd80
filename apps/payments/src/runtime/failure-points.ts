/** Where a process can be made to die, to show what then happens. In the order a checkout meets them. */
export const CHECKOUT_POINTS = [
  'after_claim',
  // The PSP has acted and its answer has begun to arrive; nobody has read it.
  'during_psp_call',
  'after_psp_answer',
  'after_settle',
] as const;

export type CheckoutPoint = (typeof CHECKOUT_POINTS)[number];

/** Does nothing, except in a process that was started to die here (libs/platform/src/failure-points.ts). */
export type ReachPoint = (point: CheckoutPoint) => void;

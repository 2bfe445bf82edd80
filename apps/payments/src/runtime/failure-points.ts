/** Where fault injection can crash a process, in the order of a checkout. */
export const CHECKOUT_POINTS = [
  'after_claim',
  // The PSP has acted. Its answer has begun to arrive, and no code has read it.
  'during_psp_call',
  'after_psp_answer',
  'after_settle',
] as const;

export type CheckoutPoint = (typeof CHECKOUT_POINTS)[number];

/**
 * Does nothing unless fault injection is set for this point (libs/platform/src/failure-points.ts).
 */
export type ReachPoint = (point: CheckoutPoint) => void;

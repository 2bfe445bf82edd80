import type { PaymentEvidence, PaymentStep } from '../../../control-room/wire/evidence.js';

/** The last commits come about a second after the effects, and no event announces them. */
const SETTLES_FOR_MS = 10_000;

/**
 * When to ask for the evidence again: every second while something happens, every 10 s while
 * something is wrong that may be repaired, and never for a payment that is whole.
 * @returns milliseconds, or null
 */
export function askAgainAfterMs(payment: PaymentEvidence, nowMs: number): number | null {
  const states = Object.values(payment.effects);
  const isOpen = payment.status === 'PENDING' || payment.status === 'UNKNOWN';
  if (isOpen || states.includes('due')) return 1_000;
  const { completedAt } = payment;
  if (completedAt !== null && nowMs - Date.parse(completedAt) < SETTLES_FOR_MS) return 1_000;
  const isWhole = states.every((state) => state === 'done' || state === 'none');
  return isWhole && payment.judgement.verdict !== 'late' ? null : 10_000;
}

/** The first recorded time, from which all offsets count; 0 if there is none. */
export const firstTimeMs = (steps: readonly PaymentStep[]): number =>
  steps.reduce(
    (first, { at }) => (at === null ? first : Math.min(first, Date.parse(at))),
    Infinity,
  );

/** By time. A step whose time was not recorded stays behind the step that it followed. */
export function inOrder(steps: readonly PaymentStep[]): PaymentStep[] {
  let lastMs = -Infinity;
  const keyed = steps.map((step) => {
    if (step.at !== null) lastMs = Date.parse(step.at);
    return { step, key: lastMs };
  });
  return keyed.sort((one, other) => compare(one.key, other.key)).map(({ step }) => step);
}

const compare = (one: number, other: number) => (one < other ? -1 : one > other ? 1 : 0);

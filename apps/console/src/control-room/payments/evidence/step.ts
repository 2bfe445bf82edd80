import type { PaymentStep } from '../../wire/evidence.js';

/** A step with the fields that most steps share. */
export const step = (
  given: Pick<PaymentStep, 'id' | 'track' | 'title' | 'source'> & Partial<PaymentStep>,
): PaymentStep => ({ at: null, until: null, outcome: 'ok', detail: null, ...given });

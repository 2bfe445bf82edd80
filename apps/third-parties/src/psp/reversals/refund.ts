import type { Form } from '../form.js';
import type { Ledger } from '../ledger.js';
import type { ChargeEntry, PspAnswer } from '../psp-record.js';
import { invalidRequest, noSuch } from '../stripe-error.js';
import type { Refund } from '../stripe-objects.js';

/**
 * Makes full refunds only. The system never asks for a partial refund, which would leave a payment
 * neither paid nor unpaid. After a failed refund the money is the merchant's again, so another
 * refund of the same charge is possible.
 */
export function createRefund(request: {
  form: Form;
  ledger: Ledger;
  idempotencyKey: string | null;
  /** Called only if there is something to refund. */
  status: () => 'succeeded' | 'pending';
  now: Date;
  newId: (prefix: string) => string;
}): PspAnswer {
  const { form, ledger, now, newId } = request;
  const intentId = form.required('payment_intent');
  const intent = ledger.intent(intentId);
  if (!intent) throw noSuch('payment_intent', intentId, 400);
  if (intent.status !== 'succeeded') {
    throw invalidRequest('This PaymentIntent has no successful charge to refund.', {
      code: 'charge_not_refundable',
    });
  }
  if ((form.optional('amount') ?? String(intent.amount)) !== String(intent.amount)) {
    throw invalidRequest('This PSP refunds the whole amount or nothing.', { param: 'amount' });
  }
  if (ledger.refundsOf(intentId).some(isLive)) {
    throw invalidRequest(`Charge ${intent.latest_charge} has already been refunded.`, {
      code: 'charge_already_refunded',
    });
  }
  const refund: Refund = {
    id: newId('re'),
    object: 'refund',
    amount: intent.amount,
    charge: intent.latest_charge,
    created: Math.floor(now.getTime() / 1000),
    currency: intent.currency,
    metadata: form.metadata(),
    payment_intent: intent.id,
    status: request.status(),
  };
  const { idempotencyKey } = request;
  return refundAnswer({ refund, ledger, now, idempotencyKey });
}

const isLive = ({ status }: Refund) => status !== 'failed' && status !== 'canceled';

/** The refund in its present status, with its line in the journal. */
export function refundAnswer(given: {
  refund: Refund;
  ledger: Ledger;
  now: Date;
  idempotencyKey: string | null;
}): PspAnswer {
  const { refund, ledger, now, idempotencyKey } = given;
  const charge: ChargeEntry = {
    id: refund.payment_intent,
    paymentId: ledger.intent(refund.payment_intent)?.metadata['paymentId'] ?? null,
    amountMinor: refund.amount,
    currency: refund.currency.toUpperCase(),
    status: ENTRY_STATUS[refund.status],
    refundId: refund.id,
    idempotencyKey,
    at: now.toISOString(),
  };
  return { status: 200, body: refund, charge };
}

const ENTRY_STATUS = {
  succeeded: 'refunded',
  pending: 'refund_pending',
  requires_action: 'refund_pending',
  failed: 'refund_failed',
  canceled: 'refund_failed',
} as const;

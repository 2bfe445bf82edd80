import type { Form } from './form.js';
import type { Ledger } from './ledger.js';
import type { PspAnswer } from './psp-record.js';
import { invalidRequest, noSuch } from './stripe-error.js';
import type { Refund } from './stripe-objects.js';

/**
 * Makes full refunds only. The system never asks for a partial refund, which would leave a payment
 * neither paid nor unpaid.
 */
export function createRefund(request: {
  form: Form;
  ledger: Ledger;
  idempotencyKey: string | null;
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
  if (ledger.refundOf(intentId)) {
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
    status: 'succeeded',
  };
  return {
    status: 200,
    body: refund,
    charge: {
      id: intent.id,
      paymentId: intent.metadata['paymentId'] ?? null,
      amountMinor: intent.amount,
      currency: intent.currency.toUpperCase(),
      status: 'refunded',
      idempotencyKey: request.idempotencyKey,
      at: now.toISOString(),
    },
  };
}

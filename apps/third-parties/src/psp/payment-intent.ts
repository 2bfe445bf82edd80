import type { Form } from './form.js';
import type { PspAnswer, ChargeEntry } from './psp-record.js';
import { invalidRequest, noSuch } from './stripe-error.js';
import type { PaymentIntent } from './stripe-objects.js';
import { GENERIC_DECLINE, testCard, type Decline } from './test-cards.js';

const AMOUNT = /^[1-9]\d{0,9}$/;
const CURRENCY = /^[a-z]{3}$/i;

export interface Attempt {
  form: Form;
  idempotencyKey: string | null;
  fault: 'decline' | 'error_500' | null;
  now: Date;
  newId: (prefix: string) => string;
}

/**
 * Creates and confirms a payment intent in one step. The answer is captured, declined or a stored
 * 500.
 * @throws StripeError for invalid parameters. Stripe does not store that answer for the key.
 */
export function createPaymentIntent(attempt: Attempt): PspAnswer {
  const { form, now, newId, fault } = attempt;
  const amount = form.required('amount');
  const currency = form.required('currency');
  const paymentMethod = form.required('payment_method');
  if (!AMOUNT.test(amount)) {
    throw invalidRequest('Invalid integer.', {
      code: 'parameter_invalid_integer',
      param: 'amount',
    });
  }
  if (!CURRENCY.test(currency)) throw invalidRequest('Invalid currency.', { param: 'currency' });
  if (form.required('confirm') !== 'true') {
    throw invalidRequest('This PSP knows only confirm=true.', { param: 'confirm' });
  }
  const card = testCard(paymentMethod);
  if (card === undefined) throw noSuch('PaymentMethod', paymentMethod, 400);

  if (fault === 'error_500') return brokenAnswer();
  const decline = fault === 'decline' ? GENERIC_DECLINE : card === 'pays' ? null : card;
  const intent: PaymentIntent = {
    id: newId('pi'),
    object: 'payment_intent',
    amount: Number(amount),
    amount_received: decline ? 0 : Number(amount),
    capture_method: 'automatic',
    confirmation_method: 'automatic',
    created: Math.floor(now.getTime() / 1000),
    currency: currency.toLowerCase(),
    last_payment_error: decline && { type: 'card_error', ...decline },
    latest_charge: newId('ch'),
    livemode: false,
    metadata: form.metadata(),
    payment_method: decline ? null : paymentMethod,
    payment_method_types: ['card'],
    status: decline ? 'requires_payment_method' : 'succeeded',
  };
  const charge: ChargeEntry = {
    id: intent.id,
    paymentId: intent.metadata['paymentId'] ?? null,
    amountMinor: intent.amount,
    currency: intent.currency.toUpperCase(),
    status: decline ? 'declined' : 'captured',
    idempotencyKey: attempt.idempotencyKey,
    at: now.toISOString(),
  };
  return decline
    ? { status: 402, body: { error: cardError(decline, intent) }, charge }
    : { status: 200, body: intent, charge };
}

function cardError(decline: Decline, intent: PaymentIntent) {
  const charge = intent.latest_charge;
  return { type: 'card_error' as const, ...decline, charge, payment_intent: intent };
}

/**
 * The PSP charges nothing, and answers this to the key for 24 hours. A retry with the key gets the
 * same answer; only a lookup shows that there is no charge.
 */
function brokenAnswer(): PspAnswer {
  const message = 'An unknown error occurred.';
  return { status: 500, body: { error: { type: 'api_error', message } }, charge: null };
}

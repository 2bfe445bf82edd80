import type { Form } from './form.js';
import type { PspAnswer, ChargeEntry } from './psp-record.js';
import { invalidRequest, noSuch } from './stripe-error.js';
import type { PaymentIntent } from './stripe-objects.js';
import { GENERIC_DECLINE, testCard, type Decline } from './test-cards.js';

// https://docs.stripe.com/currencies. Written here once more, and not shared with payments: two
// readings of the documentation check each other.
const CURRENCIES = new Set(
  `usd aed afn all amd aoa ars aud awg azn bam bbd bdt bhd bif bmd bnd bob brl bsd bwp byn bzd cad
   cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd
   hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl
   mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php
   pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd szl thb tjs tnd top try ttd
   twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw`.split(/\s+/),
);
// The last digits of the amount must be 0: there are no smaller units, or card networks know none.
const MULTIPLE_OF: Record<string, number> = { isk: 100, ugx: 100 };
for (const currency of ['bhd', 'jod', 'kwd', 'omr', 'tnd']) MULTIPLE_OF[currency] = 10;
const AMOUNT_DIGITS_MAX = 8;
const AMOUNT_DIGITS_MAX_IDR = 12;

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
  const { amount, currency } = amountOf(form);
  const paymentMethod = form.required('payment_method');
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
    amount,
    amount_received: decline ? 0 : amount,
    capture_method: 'automatic',
    confirmation_method: 'automatic',
    created: Math.floor(now.getTime() / 1000),
    currency,
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

/** @throws StripeError for what Stripe cannot charge: another currency, a fraction, too much. */
function amountOf(form: Form): { amount: number; currency: string } {
  const text = form.required('amount');
  const currency = form.required('currency').toLowerCase();
  const refuse = (message: string, code?: string) =>
    invalidRequest(message, { param: 'amount', ...(code ? { code } : {}) });
  if (!/^[1-9]\d*$/.test(text)) throw refuse('Invalid integer.', 'parameter_invalid_integer');
  if (!CURRENCIES.has(currency)) {
    throw invalidRequest('Invalid currency.', { param: 'currency' });
  }
  const digitsMax = currency === 'idr' ? AMOUNT_DIGITS_MAX_IDR : AMOUNT_DIGITS_MAX;
  if (text.length > digitsMax) throw refuse('Amount is too large.', 'amount_too_large');
  const multipleOf = MULTIPLE_OF[currency] ?? 1;
  const amount = Number(text);
  if (amount % multipleOf !== 0) throw refuse(`Amount must be divisible by ${multipleOf}.`);
  return { amount, currency };
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

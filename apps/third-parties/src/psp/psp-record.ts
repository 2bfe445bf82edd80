import type { PaymentIntent } from './payment-intent.js';
import type { Refund } from './refund.js';
import type { StripeErrorBody } from './stripe-error.js';

/** One attempt to move money, as the journal's readers see it. */
export interface ChargeEntry {
  /** The payment intent's id, also for its refund. */
  id: string;
  /** From `metadata.paymentId`. */
  paymentId: string | null;
  amountMinor: number;
  /** ISO 4217, upper case (Stripe's own API spells it in lower case). */
  currency: string;
  status: 'captured' | 'declined' | 'refunded';
  idempotencyKey: string | null;
  at: string;
}

/** A request as its idempotency key remembers it. */
export interface KeyedRequest {
  idempotencyKey: string | null;
  endpoint: string;
  /** Of the parameters: equal for equal parameters in any order. */
  fingerprint: string;
}

/** What a request led to, whether or not it went well. */
export interface Answer {
  status: number;
  body: PaymentIntent | Refund | { error: StripeErrorBody };
  charge: ChargeEntry | null;
}

/**
 * One journal line. The money and the answer remembered for the key are one line on purpose: in two,
 * a crash between them would leave a charge that the same key makes again.
 */
export interface PspRecord extends KeyedRequest, Answer {
  requestId: string;
  at: string;
}

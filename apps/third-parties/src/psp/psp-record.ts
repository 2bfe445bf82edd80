import type { Dispute, PaymentIntent, Refund, StripeErrorBody } from './stripe-objects.js';

/** One attempt to move money, as readers of the journal see it. */
export interface ChargeEntry {
  /** The id of the payment intent, also for its refund. */
  id: string;
  /** From `metadata.paymentId`. */
  paymentId: string | null;
  amountMinor: number;
  /** ISO 4217, upper case (Stripe's own API spells it in lower case). */
  currency: string;
  /**
   * `refund_pending` and `refund_failed` move no money. After `refunded`, `refund_failed` takes the
   * refund back.
   */
  status: 'captured' | 'declined' | 'refunded' | 'refund_pending' | 'refund_failed';
  /** Of a refund: its own id. */
  refundId?: string;
  idempotencyKey: string | null;
  at: string;
}

/** The part of a request that is stored for its idempotency key. */
export interface KeyedRequest {
  idempotencyKey: string | null;
  endpoint: string;
  /** Equal for the same parameters in any order. */
  fingerprint: string;
}

/** The result of a request, also if it failed. */
export interface PspAnswer {
  status: number;
  body: PaymentIntent | Refund | Dispute | { error: StripeErrorBody };
  charge: ChargeEntry | null;
}

/**
 * One journal line. The charge and the stored answer are one line on purpose. With two lines, a
 * crash between them would leave a charge without its answer, and the same key would charge again.
 */
export interface PspRecord extends KeyedRequest, PspAnswer {
  requestId: string;
  at: string;
}

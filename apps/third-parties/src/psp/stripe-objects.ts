import type { Decline } from './test-cards.js';

/**
 * Stripe's PaymentIntent (https://docs.stripe.com/api/payment_intents/object), without the fields
 * that are always null here.
 */
export interface PaymentIntent {
  id: string;
  object: 'payment_intent';
  amount: number;
  amount_received: number;
  capture_method: 'automatic';
  confirmation_method: 'automatic';
  /** Unix seconds. */
  created: number;
  /** ISO 4217, lower case. */
  currency: string;
  last_payment_error: (Decline & { type: 'card_error' }) | null;
  latest_charge: string;
  livemode: false;
  metadata: Record<string, string>;
  /** A test card. Real card data never reaches this system. */
  payment_method: string | null;
  payment_method_types: ['card'];
  status: 'succeeded' | 'requires_payment_method';
}

/**
 * Stripe's Refund (https://docs.stripe.com/api/refunds/object), without the fields that are always
 * null here.
 */
export interface Refund {
  id: string;
  object: 'refund';
  amount: number;
  charge: string;
  /** Unix seconds. */
  created: number;
  currency: string;
  metadata: Record<string, string>;
  payment_intent: string;
  /** `pending` may become any other. `succeeded` may become `failed`, days later. */
  status: 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';
  failure_reason?: string;
}

/**
 * Stripe's Dispute (https://docs.stripe.com/api/disputes/object), without the evidence and the
 * fields that are always null here.
 */
export interface Dispute {
  id: string;
  object: 'dispute';
  amount: number;
  charge: string;
  /** Unix seconds. */
  created: number;
  currency: string;
  livemode: false;
  payment_intent: string;
  reason: string;
  status: 'needs_response' | 'lost';
}

/**
 * Stripe's error object (https://docs.stripe.com/api/errors), with the fields that the PSP fills.
 */
export interface StripeErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  message: string;
  code?: string;
  decline_code?: string;
  param?: string;
  charge?: string;
  payment_intent?: PaymentIntent;
}

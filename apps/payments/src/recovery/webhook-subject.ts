import type Stripe from 'stripe';
import { validate as isUuid } from 'uuid';
import type { AnnouncedDispute } from './disputes.js';

/** What an event of the PSP is about. */
export type WebhookSubject =
  | { about: 'charge'; paymentId: string; intent: Stripe.PaymentIntent }
  | { about: 'refund'; pspReference: string }
  | { about: 'dispute'; dispute: AnnouncedDispute }
  /** Another event says the same, or will. */
  | { about: 'nothing' }
  | { about: 'unknown' };

// Stripe's words. Another text could be anything, so it is not stored.
const WORD = /^[a-z_]{1,64}$/;
const UNKNOWN: WebhookSubject = { about: 'unknown' };

/** An event that payments has no use for is unknown: it is kept, and a person looks at it. */
export function subjectOf(event: Stripe.Event): WebhookSubject {
  if (event.type === 'payment_intent.succeeded' || event.type === 'payment_intent.payment_failed') {
    const paymentId = event.data.object.metadata['paymentId'];
    if (!paymentId || !isUuid(paymentId)) return UNKNOWN;
    return { about: 'charge', paymentId, intent: event.data.object };
  }
  if (
    event.type === 'refund.created' ||
    event.type === 'refund.updated' ||
    event.type === 'refund.failed' ||
    event.type === 'charge.refund.updated' ||
    event.type === 'charge.refunded'
  ) {
    const pspReference = idOf(event.data.object.payment_intent);
    return pspReference ? { about: 'refund', pspReference } : UNKNOWN;
  }
  if (
    event.type === 'charge.dispute.created' ||
    event.type === 'charge.dispute.updated' ||
    event.type === 'charge.dispute.closed' ||
    event.type === 'charge.dispute.funds_withdrawn' ||
    event.type === 'charge.dispute.funds_reinstated'
  ) {
    const { id, status, reason, payment_intent: intent } = event.data.object;
    if (!WORD.test(status) || !WORD.test(reason)) return UNKNOWN;
    return { about: 'dispute', dispute: { id, status, reason, pspReference: idOf(intent) } };
  }
  return SAYS_NOTHING_NEW.has(event.type) ? { about: 'nothing' } : UNKNOWN;
}

const SAYS_NOTHING_NEW = new Set([
  'payment_intent.created',
  'payment_intent.processing',
  'charge.succeeded',
  'charge.failed',
]);

const idOf = (object: string | { id: string } | null | undefined) =>
  typeof object === 'string' ? object : object?.id;

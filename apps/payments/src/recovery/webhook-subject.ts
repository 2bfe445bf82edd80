import type Stripe from 'stripe';
import { validate as isUuid } from 'uuid';
import { z } from 'zod';
import type { AnnouncedDispute } from './disputes.js';

/** What an event of the PSP is about. */
export type WebhookSubject =
  | { about: 'charge'; paymentId: string; intent: Stripe.PaymentIntent }
  | { about: 'refund'; pspReference: string }
  | { about: 'dispute'; dispute: AnnouncedDispute }
  /** Another event says the same, or will. */
  | { about: 'nothing' }
  | { about: 'unknown' };

// Stripe's ids and words. Another text could be anything, so it is not stored.
const id = z.string().regex(/^[A-Za-z0-9_]{1,255}$/);
const word = z.string().regex(/^[a-z_]{1,64}$/);
const code = z.string().regex(/^[a-z0-9_]{1,64}$/);
const reference = z.union([id, z.object({ id }).transform((object) => object.id)]);

// What payments uses of an object. The signature proves who sent it, and not that it is complete.
const charge = z.object({
  id,
  metadata: z.object({ paymentId: z.string().refine((text) => isUuid(text)) }),
  last_payment_error: z.object({ decline_code: code.nullish(), code: code.nullish() }).nullish(),
});
const refund = z.object({ payment_intent: reference });
const dispute = z.object({
  id,
  status: word,
  reason: word,
  payment_intent: reference.nullish().catch(undefined),
});

const UNKNOWN: WebhookSubject = { about: 'unknown' };

/** An event that payments has no use for is unknown: it is kept, and a person looks at it. */
export function subjectOf(event: Stripe.Event): WebhookSubject {
  const { object } = event.data;
  if (event.type === 'payment_intent.succeeded' || event.type === 'payment_intent.payment_failed') {
    const { data } = charge.safeParse(object);
    if (!data) return UNKNOWN;
    return { about: 'charge', paymentId: data.metadata.paymentId, intent: event.data.object };
  }
  if (
    event.type === 'refund.created' ||
    event.type === 'refund.updated' ||
    event.type === 'refund.failed' ||
    event.type === 'charge.refund.updated' ||
    event.type === 'charge.refunded'
  ) {
    const { data } = refund.safeParse(object);
    return data ? { about: 'refund', pspReference: data.payment_intent } : UNKNOWN;
  }
  if (
    event.type === 'charge.dispute.created' ||
    event.type === 'charge.dispute.updated' ||
    event.type === 'charge.dispute.closed' ||
    event.type === 'charge.dispute.funds_withdrawn' ||
    event.type === 'charge.dispute.funds_reinstated'
  ) {
    const { data } = dispute.safeParse(object);
    if (!data) return UNKNOWN;
    const { id, status, reason, payment_intent: pspReference } = data;
    return {
      about: 'dispute',
      dispute: { id, status, reason, pspReference: pspReference ?? undefined },
    };
  }
  return SAYS_NOTHING_NEW.has(event.type) ? { about: 'nothing' } : UNKNOWN;
}

const SAYS_NOTHING_NEW = new Set([
  'payment_intent.created',
  'payment_intent.processing',
  'charge.succeeded',
  'charge.failed',
]);

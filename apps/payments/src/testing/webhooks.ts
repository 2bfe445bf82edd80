import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { PSP_WEBHOOK_SECRET, type PaymentsUnderTest } from './payments-under-test.js';

const stripe = new Stripe('sk_test');

/** Sends a signed event, like the PSP. `changes` makes the signature wrong. */
export async function sendWebhook(
  payments: PaymentsUnderTest,
  event: object,
  changes: { secret?: string; timestamp?: number } = {},
): Promise<Response> {
  const payload = JSON.stringify({ object: 'event', ...event });
  const signature = await stripe.webhooks.generateTestHeaderStringAsync({
    payload,
    secret: changes.secret ?? PSP_WEBHOOK_SECRET,
    ...(changes.timestamp ? { timestamp: changes.timestamp } : {}),
  });
  return await fetch(`${payments.url}/v1/psp/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
    body: payload,
  });
}

/** The event of a capture. */
export const succeeded = ({ id, paymentId }: { id: string; paymentId: string }) => ({
  id: `evt_${randomUUID().replaceAll('-', '')}`,
  type: 'payment_intent.succeeded',
  data: {
    object: { id, object: 'payment_intent', status: 'succeeded', metadata: { paymentId } },
  },
});

/** The event of a change of a refund. Its own state is of no matter: the PSP's list decides. */
export const refundChanged = (type: string, pspReference: string, id = randomUUID()) => ({
  id: `evt_${id.replaceAll('-', '')}`,
  type,
  data: { object: { id: 're_1', object: 'refund', payment_intent: pspReference } },
});

export const disputed = (type: string, dispute: { id: string; status: string }) => ({
  id: `evt_${randomUUID().replaceAll('-', '')}`,
  type,
  data: {
    object: { object: 'dispute', reason: 'fraudulent', payment_intent: 'pi_disputed', ...dispute },
  },
});

import type Stripe from 'stripe';
import { subjectOf } from './webhook-subject.js';

const event = (type: string, object: unknown) => ({ type, data: { object } }) as Stripe.Event;

it.each([
  ['payment_intent.succeeded', {}],
  ['payment_intent.succeeded', { id: 'pi_1', metadata: null }],
  ['payment_intent.succeeded', { metadata: { paymentId: '0198c0de-0000-7000-8000-000000000001' } }],
  ['refund.updated', { payment_intent: { id: 7 } }],
  ['refund.updated', { payment_intent: 'pi_\0' }],
  ['charge.dispute.created', { status: 'needs_response', reason: 'fraudulent' }],
  ['charge.dispute.created', { id: 'du_1' }],
  ['charge.dispute.created', { id: 'du_1', status: undefined, reason: 'fraudulent' }],
])('%s about %j is kept for a person, not answered with an error', (type, object) => {
  expect(subjectOf(event(type, object))).toEqual({ about: 'unknown' });
});

it('a dispute whose payment cannot be read is opened without it', () => {
  const object = { id: 'du_1', status: 'needs_response', reason: 'fraudulent', payment_intent: 7 };
  expect(subjectOf(event('charge.dispute.created', object))).toEqual({
    about: 'dispute',
    dispute: { id: 'du_1', status: 'needs_response', reason: 'fraudulent' },
  });
});

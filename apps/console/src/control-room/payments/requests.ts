import { parseRequest, Problem } from '@effectively-once/platform';
import { z } from 'zod';
import type { PaymentState } from '../wire/evidence.js';

const STATUSES = [
  'PENDING',
  'COMPLETED',
  'DECLINED',
  'UNKNOWN',
  'FAILED',
] as const satisfies PaymentState[];

/** What the verdict counts, and what an operator has to decide. */
export const EFFECT_FILTERS = ['late', 'lost', 'doubled', 'other', 'dead_lettered'] as const;
export type EffectFilter = (typeof EFFECT_FILTERS)[number];

/** As the checkout accepts it. PostgreSQL compares the value; it is never part of a statement. */
const orderId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be an order id');
const userId = z.string().min(1, 'must not be empty').max(128, 'at most 128 characters');
const paymentId = z.uuid('must be a payment id');

export const paymentsQuery = z.strictObject({
  userId: userId.optional(),
  orderId: orderId.optional(),
  status: z.enum(STATUSES).optional(),
  effects: z.enum(EFFECT_FILTERS).optional(),
  cursor: paymentId.optional(),
});
export type PaymentsQuery = z.infer<typeof paymentsQuery>;

/** @throws Problem `invalid_request` with every fault. */
export const asPaymentsQuery = (query: unknown) => parseRequest(paymentsQuery, query);

/** @throws Problem `invalid_request` if it is no UUID: PostgreSQL would refuse it with an error. */
export function asPaymentId(text: string): string {
  const parsed = paymentId.safeParse(text);
  if (parsed.success) return parsed.data.toLowerCase();
  throw new Problem('invalid_request', {
    status: 400,
    detail: 'A payment id is a UUID.',
    members: { errors: [{ pointer: '/id', detail: 'must be a payment id' }] },
  });
}

import { ORDER_ID, USER_ID, USER_ID_RULE } from '@effectively-once/contracts';
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
const orderId = z.string().regex(ORDER_ID, 'must be an order id');
const userId = z.string().regex(USER_ID, `must be ${USER_ID_RULE}`);
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

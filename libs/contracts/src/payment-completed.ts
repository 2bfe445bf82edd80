import { z } from 'zod';

export const PAYMENT_COMPLETED_TYPE = 'payment.completed';
export const PAYMENT_COMPLETED_SCHEMA =
  'https://effectively-once.example/schemas/payment-completed/1.json';

export const USER_ID = /^[A-Za-z0-9_-]{1,64}$/;
export const ORDER_ID = USER_ID;
export const AMOUNT_MINOR_MAX = 9_999_999_999;

const fields = {
  paymentId: z.uuid(),
  orderId: z.string().regex(ORDER_ID),
  userId: z.string().regex(USER_ID),
  /** In the currency's minor unit (ISO 4217): cents for EUR, yen for JPY. */
  amountMinor: z.int().min(1).max(AMOUNT_MINOR_MAX),
  currency: z.string().regex(/^[A-Z]{3}$/),
  completedAt: z.iso.datetime({ offset: false }),
  /** The payment row's version at completion. Search uses it for optimistic concurrency. */
  paymentVersion: z.int().min(1),
};

// Expand and contract: a new field is deployed to the readers first, then to the writers. So the
// readers are tolerant and the writers are strict.
/** Writers are strict: they never publish an undeclared field. */
const paymentCompletedWritten = z.strictObject(fields);
/** Readers are tolerant: they drop a field of a later version instead of refusing it. */
export const paymentCompletedRead = z.object(fields);

export type PaymentCompleted = z.infer<typeof paymentCompletedRead>;

/** The bytes in the outbox row, which every consumer reads. */
export function encodePaymentCompleted(event: PaymentCompleted): string {
  return JSON.stringify(paymentCompletedWritten.parse(event));
}

/** JSON Schema (2020-12) of the events that readers accept. */
export function paymentCompletedJsonSchema(): object {
  return {
    $id: PAYMENT_COMPLETED_SCHEMA,
    title: PAYMENT_COMPLETED_TYPE,
    ...z.toJSONSchema(paymentCompletedRead, { io: 'input' }),
  };
}

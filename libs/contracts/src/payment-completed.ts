import { z } from 'zod';
import { USER_ID } from './customer/user-id.js';

export const PAYMENT_COMPLETED_TYPE = 'payment.completed';
export const PAYMENT_COMPLETED_SCHEMA =
  'https://effectively-once.example/schemas/payment-completed/1.json';

export const ORDER_ID = /^[A-Za-z0-9_-]{1,64}$/;
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

/** Version 1. Readers are tolerant: they drop a field that they do not know. */
export const paymentCompletedRead = z.object(fields);

/** What a consumer gets, whichever version the record has. */
export type PaymentCompleted = z.infer<typeof paymentCompletedRead> & {
  /** The PSP's name of the charge. Only version 2 has it. */
  pspReference?: string;
};

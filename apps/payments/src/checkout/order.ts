import { AMOUNT_MINOR_MAX, ORDER_ID } from '@effectively-once/contracts';
import { faultsOf } from '@effectively-once/platform';
import { z } from 'zod';
import { invalidRequest } from '../http/payments-errors.js';

// The currencies in use according to ISO 4217, kept current with the runtime. Metals, funds and XXX are not in it.
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

const receiptAddress = z.email('must be an e-mail address').max(254, 'is too long');

/** What a customer sends to pay an order. */
export const checkoutOrderSchema = z.strictObject({
  orderId: z.string().regex(ORDER_ID, 'must be 1 to 64 characters of A-Z a-z 0-9 _ -'),
  amountMinor: z
    .int('must be a whole number of minor units')
    .min(1, 'must be at least 1')
    .max(AMOUNT_MINOR_MAX, `must be at most ${AMOUNT_MINOR_MAX}`),
  currency: z
    .string()
    .refine((code) => CURRENCIES.has(code), 'must be a currency code of ISO 4217, like EUR'),
  // A token of the PSP's. The prefix keeps card numbers out of our tables.
  paymentMethod: z.string().regex(/^pm_[A-Za-z0-9_]{1,200}$/, 'must be a payment method: pm_…'),
  receiptEmail: receiptAddress.optional(),
});

export type CheckoutOrder = z.infer<typeof checkoutOrderSchema>;

/** @throws Problem `invalid_request` with every fault of the body, by JSON pointer (RFC 6901). */
export function checkoutOrder(body: unknown): CheckoutOrder {
  const parsed = checkoutOrderSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidRequest(faultsOf(parsed.error));
}

/** The address, unless it is none: an order would be charged whose receipt cannot be sent. */
export function usableAddress(email: string | undefined): string | undefined {
  return receiptAddress.safeParse(email).success ? email : undefined;
}

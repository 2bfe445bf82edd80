import {
  addressFault,
  AMOUNT_MINOR_MAX,
  isCurrency,
  ORDER_ID,
  pspRefusal,
} from '@effectively-once/contracts';
import { faultsOf } from '@effectively-once/platform';
import { z } from 'zod';
import { invalidRequest } from '../http/payments-errors.js';

const receiptAddress = z.string().superRefine((address, faults) => {
  const message = addressFault(address);
  if (message) faults.addIssue({ code: 'custom', message });
});

/** The body of POST /v1/payments. */
export const checkoutOrderSchema = z
  .strictObject({
    orderId: z.string().regex(ORDER_ID, 'must be 1 to 64 characters of A-Z a-z 0-9 _ -'),
    amountMinor: z
      .int('must be a whole number of minor units')
      .min(1, 'must be at least 1')
      .max(AMOUNT_MINOR_MAX, `must be at most ${AMOUNT_MINOR_MAX}`),
    currency: z.string().refine(isCurrency, 'must be a currency code of ISO 4217, like EUR'),
    // The PSP's token for a card. The prefix keeps card numbers out of our tables.
    paymentMethod: z.string().regex(/^pm_[A-Za-z0-9_]{1,200}$/, 'must be a payment method: pm_…'),
    receiptEmail: receiptAddress.optional(),
  })
  .superRefine(({ amountMinor, currency }, faults) => {
    if (!isCurrency(currency) || amountMinor > AMOUNT_MINOR_MAX) return;
    const refusal = pspRefusal(amountMinor, currency);
    if (refusal) faults.addIssue({ code: 'custom', path: [refusal.field], message: refusal.why });
  });

export type CheckoutOrder = z.infer<typeof checkoutOrderSchema>;

/** @throws Problem `invalid_request` with every fault of the body, by JSON pointer (RFC 6901). */
export function checkoutOrder(body: unknown): CheckoutOrder {
  const parsed = checkoutOrderSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidRequest(faultsOf(parsed.error));
}

/**
 * The address if it is valid. Otherwise we would charge an order and could not mail its receipt.
 */
export function usableAddress(email: string | undefined): string | undefined {
  return email !== undefined && addressFault(email) === undefined ? email : undefined;
}

import { faultsOf, Problem, type RequestFault } from '@effectively-once/platform';
import { z } from 'zod';

const amount = z
  .string()
  .regex(/^\d{1,10}$/)
  .transform(Number);
const instant = z.iso.datetime({ offset: true }).or(z.iso.date());

const searchQuery = z.strictObject({
  /** Words of an order id, a payment id or a user id. All words must match. */
  q: z.string().max(200).optional(),
  userId: z.string().max(64).optional(),
  status: z.enum(['PENDING', 'COMPLETED', 'DECLINED', 'UNKNOWN', 'FAILED']).optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  /** Inclusive, by the completion time of the payment. */
  from: instant.optional(),
  to: instant.optional(),
  minAmountMinor: amount.optional(),
  maxAmountMinor: amount.optional(),
  cursor: z.string().max(500).optional(),
});

export type SearchQuery = z.infer<typeof searchQuery>;

/** @throws Problem `invalid_request` naming every faulty parameter. */
export function readSearchQuery(parameters: unknown): SearchQuery {
  const parsed = searchQuery.safeParse(parameters);
  if (parsed.success) return parsed.data;
  throw invalid(faultsOf(parsed.error));
}

const cursor = z.tuple([z.number(), z.string()]);

/** A cursor holds the sort values of the last item of a page. It is opaque to clients. */
export function encodeCursor(sortValues: unknown): string {
  return Buffer.from(JSON.stringify(sortValues)).toString('base64url');
}

export function decodeCursor(text: string): z.infer<typeof cursor> {
  try {
    return cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch (error) {
    throw invalid([{ pointer: '/cursor', detail: 'not a cursor of this search' }], error);
  }
}

function invalid(errors: RequestFault[], cause?: unknown): Problem {
  return new Problem('invalid_request', {
    status: 400,
    detail: 'Some parameters are not usable.',
    members: { errors },
    cause,
  });
}

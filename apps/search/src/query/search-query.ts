import { USER_ID, USER_ID_RULE } from '@effectively-once/contracts';
import { faultsOf, Problem, type RequestFault } from '@effectively-once/platform';
import { z } from 'zod';

const amount = z
  .string()
  .regex(/^\d{1,10}$/, 'must be a whole number of minor units')
  .transform(Number);
// Elasticsearch knows zones up to 18 hours and nine decimals of a second. RFC 3339 has no limit.
const OFFSET_OF_TIME = /([+-])(\d\d):(\d\d)$/;
const OFFSET_MAX_MINUTES = 18 * 60;
const instant = z
  .string()
  // RFC 3339 §5.6: `T` and `Z` may be lower case.
  .toUpperCase()
  .pipe(
    z.union(
      [z.iso.datetime({ offset: true }), z.iso.date()],
      'must be a date or a time with its zone',
    ),
  )
  .refine((text) => {
    const [, , hours = '0', minutes = '0'] = OFFSET_OF_TIME.exec(text.slice(10)) ?? [];
    return Number(hours) * 60 + Number(minutes) <= OFFSET_MAX_MINUTES;
  }, 'must have a zone within 18 hours of UTC')
  .transform((text) => (text.length === 10 ? text : inUtc(new Date(text))));

/** The zone may take a time into the year before 0000, or after 9999. No payment is there. */
function inUtc(time: Date): string {
  const year = time.getUTCFullYear();
  if (year < 0) return '0000-01-01T00:00:00.000Z';
  return year > 9_999 ? '9999-12-31T23:59:59.999Z' : time.toISOString();
}

const searchQuery = z.strictObject({
  /** Words of an order id, a payment id or a user id. All words must match. */
  q: z.string().max(200).optional(),
  userId: z.string().regex(USER_ID, `must be ${USER_ID_RULE}`).optional(),
  status: z.enum(['PENDING', 'COMPLETED', 'DECLINED', 'UNKNOWN', 'FAILED']).optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be a currency code of ISO 4217, like EUR')
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

const TIME_MAX_MS = 8_640_000_000_000_000;
const cursor = z.tuple([z.int().min(-TIME_MAX_MS).max(TIME_MAX_MS), z.uuid()]);

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

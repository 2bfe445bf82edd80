import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import { parseRequest, Problem } from '@effectively-once/platform';
import { z } from 'zod';

export const STATES = ['pending', 'redriven', 'discarded'] as const;
export type State = (typeof STATES)[number];

/** The limit of ids in one request. For more, use a filter. */
const IDS_MAX = 1_000;
const REDRIVE_MAX = 10_000;
const REDRIVE_DEFAULT = 1_000;
const RATE_MAX_PER_S = 5_000;
/** Fast enough for the operator, slow enough for a server that was just repaired. */
const RATE_DEFAULT_PER_S = 200;
export const PAGE_MAX = 1_000;
const PAGE_DEFAULT = 100;

const id = z
  .string()
  .regex(/^\d{1,6}-\d{1,18}(-\d{1,9})?$/, "must be a dead letter's id: <partition>-<offset>");
const ids = z.array(id).min(1, 'must name at least one').max(IDS_MAX, `at most ${IDS_MAX} at once`);
/** PostgreSQL has no U+0000. */
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((given) => !given.includes('\0'), 'must not have the character U+0000');
const errorName = text(64).min(1);
/** `unknown`: its headers name no valid class. */
const errorClass = z.enum(['poison', 'permanent', 'transient', 'unknown']);
const sequence = z.string().regex(/^\d{1,18}$/, 'must be the `through` of a dry run');
const filter = z.strictObject({
  errorName: errorName.optional(),
  errorClass: errorClass.optional(),
  /** Only those that were ingested by then, so that new ones do not change the count. */
  through: sequence.optional(),
});
const whole = (max: number) => z.int().min(1).max(max);
/** Exactly so many, or nothing is done. */
const expect = whole(REDRIVE_MAX);

export const redriveRequest = z
  .strictObject({
    ids: ids.optional(),
    filter: filter.optional(),
    max: whole(REDRIVE_MAX).optional(),
    dryRun: z.boolean().default(false),
    ratePerS: whole(RATE_MAX_PER_S).default(RATE_DEFAULT_PER_S),
    expect: expect.optional(),
  })
  .refine(({ ids, filter }) => !ids || !filter, 'give ids or a filter, not both')
  // With a smaller limit, `expect` would not notice that there are more by now.
  .transform(({ max, ...rest }) => ({
    ...rest,
    max: max ?? (rest.expect === undefined ? REDRIVE_DEFAULT : REDRIVE_MAX),
  }));

export const discardRequest = z
  .strictObject({
    ids: ids.optional(),
    filter: filter.optional(),
    max: whole(REDRIVE_MAX).default(REDRIVE_MAX),
    reason: text(1_000).trim().min(1, 'must give a reason'),
    expect: expect.optional(),
  })
  .refine(({ ids, filter }) => !ids !== !filter, 'give ids or a filter')
  // A discard is final. A filter alone would also discard what the operator has not seen.
  .refine(({ filter, expect }) => !filter || expect !== undefined, {
    message: 'must say how many the filter is expected to match',
    path: ['expect'],
  });

const numberText = z
  .string()
  .regex(/^\d{1,18}$/, 'must be a number')
  .transform(Number);
const page = {
  limit: numberText.pipe(whole(PAGE_MAX)).default(PAGE_DEFAULT),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'must be the nextCursor of the previous page')
    .optional(),
};
export const listQuery = z.strictObject({
  ...page,
  state: z.enum(STATES).optional(),
  errorName: errorName.optional(),
  errorClass: errorClass.optional(),
  /** Those that this redrive or discard has claimed. */
  action: z
    .string()
    .regex(/^\d{1,18}$/, 'must be the id of an action')
    .optional(),
});
export const causesQuery = z.strictObject({ state: z.enum(STATES).default('pending') });
export const pageQuery = z.strictObject(page);

export type Filter = z.infer<typeof filter>;
export type RedriveRequest = z.infer<typeof redriveRequest>;
export type DiscardRequest = z.infer<typeof discardRequest>;
export type ListQuery = z.infer<typeof listQuery>;
export type PageQuery = z.infer<typeof pageQuery>;

export const asRedrive = (body: unknown) => parseRequest(redriveRequest, body ?? {});
export const asDiscard = (body: unknown) => parseRequest(discardRequest, body ?? {});
export const asList = (query: unknown) => parseRequest(listQuery, query);
export const asCauses = (query: unknown) => parseRequest(causesQuery, query);
export const asPage = (query: unknown) => parseRequest(pageQuery, query);

/** A dead letter matches the filter, whose parts are the parameters from `first` on. */
export const matches = (first: number) => `
  ($${first}::text IS NULL OR error_name = $${first})
  AND ($${first + 1}::text IS NULL OR coalesce(error_class, 'unknown') = $${first + 1})
  AND ($${first + 2}::bigint IS NULL OR seq <= $${first + 2})`;
export const filterValues = ({ errorName, errorClass, through }: Filter = {}) => [
  errorName ?? null,
  errorClass ?? null,
  through ?? null,
];

/** Whether it has the form of a dead letter's id. Another text is the id of none. */
export const isLetterId = (text: string): boolean => id.safeParse(text).success;

/** @throws Problem `not_found` that names the known consumers. */
export function asConsumer(text: string): ConsumerName {
  const consumer = CONSUMERS.find((one) => one === text);
  if (consumer) return consumer;
  const detail = `There is no such consumer. The consumers are: ${CONSUMERS.join(', ')}.`;
  throw new Problem('not_found', { status: 404, detail, members: { consumers: CONSUMERS } });
}

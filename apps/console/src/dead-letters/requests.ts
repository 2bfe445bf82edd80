import { CONSUMERS, type ConsumerName } from '@effectively-once/contracts';
import { parseRequest, Problem } from '@effectively-once/platform';
import { z } from 'zod';

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
  .regex(/^\d{1,6}-\d{1,18}$/, "must be a dead letter's id: <partition>-<offset>");
const ids = z.array(id).min(1, 'must name at least one').max(IDS_MAX, `at most ${IDS_MAX} at once`);
const errorName = z.string().min(1).max(64);
const filter = z.strictObject({ errorName: errorName.optional() });
const whole = (max: number) => z.int().min(1).max(max);

export const redriveRequest = z
  .strictObject({
    ids: ids.optional(),
    filter: filter.optional(),
    max: whole(REDRIVE_MAX).default(REDRIVE_DEFAULT),
    dryRun: z.boolean().default(false),
    ratePerS: whole(RATE_MAX_PER_S).default(RATE_DEFAULT_PER_S),
  })
  .refine(({ ids, filter }) => !ids || !filter, 'give ids or a filter, not both');

export const discardRequest = z.strictObject({
  ids,
  reason: z.string().trim().min(1, 'must give a reason').max(1_000),
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
  state: z.enum(['pending', 'redriven', 'discarded']).optional(),
  errorName: errorName.optional(),
});
export const pageQuery = z.strictObject(page);

export type Filter = { errorName?: string | undefined };
export type RedriveRequest = z.infer<typeof redriveRequest>;
export type DiscardRequest = z.infer<typeof discardRequest>;
export type ListQuery = z.infer<typeof listQuery>;
export type PageQuery = z.infer<typeof pageQuery>;

export const asRedrive = (body: unknown) => parseRequest(redriveRequest, body ?? {});
export const asDiscard = (body: unknown) => parseRequest(discardRequest, body ?? {});
export const asList = (query: unknown) => parseRequest(listQuery, query);
export const asPage = (query: unknown) => parseRequest(pageQuery, query);

/** @throws Problem `not_found` that names the known consumers. */
export function asConsumer(text: string): ConsumerName {
  const consumer = CONSUMERS.find((one) => one === text);
  if (consumer) return consumer;
  const detail = `There is no such consumer. The consumers are: ${CONSUMERS.join(', ')}.`;
  throw new Problem('not_found', { status: 404, detail, members: { consumers: CONSUMERS } });
}

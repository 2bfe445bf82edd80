import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Ledger } from './ledger.js';
import type { PaymentIntent } from './stripe-objects.js';
import { invalidRequest, noSuch } from './stripe-error.js';

const LIST_DEFAULT = 10;
const LIST_MAX = 100;
const SEARCH = /^metadata\[(["'])paymentId\1\]:(["'])(.+)\2$/;

const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(LIST_MAX).default(LIST_DEFAULT),
  starting_after: z.string().optional(),
});

/** The lookups that decide the outcome of a payment. No fault changes them. */
export function addLookups(api: FastifyInstance, ledger: Ledger): void {
  api.get('/v1/payment_intents', (request) => {
    const { limit, starting_after } = parse(listQuery, request.query);
    const newestFirst = ledger.allIntents();
    const last = starting_after && newestFirst.findIndex(({ id }) => id === starting_after);
    if (last === -1) throw noSuch('payment_intent', String(starting_after), 400);
    const start = typeof last === 'number' ? last + 1 : 0;
    const data = newestFirst.slice(start, start + limit);
    const has_more = start + limit < newestFirst.length;
    return { object: 'list', url: '/v1/payment_intents', has_more, data };
  });

  // This search finds a charge at once. Stripe's search may be a minute behind.
  api.get('/v1/payment_intents/search', (request) => {
    const { query } = parse(z.object({ query: z.string() }), request.query);
    const paymentId = SEARCH.exec(query)?.[3];
    if (paymentId === undefined) {
      throw invalidRequest("This PSP searches for metadata['paymentId']:'…' only.", {
        param: 'query',
      });
    }
    const data: readonly PaymentIntent[] = ledger.intentsByPayment(paymentId);
    const url = '/v1/payment_intents/search';
    return { object: 'search_result', url, has_more: false, next_page: null, data };
  });

  api.get<{ Params: { id: string } }>('/v1/payment_intents/:id', (request) => {
    const intent = ledger.intent(request.params.id);
    if (!intent) throw noSuch('payment_intent', request.params.id);
    return intent;
  });

  api.get('/v1/refunds', (request) => {
    const { payment_intent } = parse(z.object({ payment_intent: z.string() }), request.query);
    const data = ledger.refundsOf(payment_intent);
    return { object: 'list', url: '/v1/refunds', has_more: false, data };
  });

  api.get('/v1/disputes', (request) => {
    const { payment_intent } = parse(z.object({ payment_intent: z.string() }), request.query);
    const data = ledger.disputesOf(payment_intent);
    return { object: 'list', url: '/v1/disputes', has_more: false, data };
  });

  api.get<{ Params: { id: string } }>('/v1/disputes/:id', (request) => {
    const dispute = ledger.dispute(request.params.id);
    if (!dispute) throw noSuch('dispute', request.params.id);
    return dispute;
  });
}

function parse<Schema extends z.ZodType>(schema: Schema, query: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const param = parsed.error.issues[0]?.path.join('.') ?? 'query';
  throw invalidRequest(`Invalid ${param}.`, { param });
}

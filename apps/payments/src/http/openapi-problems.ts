import { PROBLEM_TYPE_BASE, toProblem, unauthorized } from '@effectively-once/platform';
import { PAYMENTS_ERRORS, paymentsProblem, type PaymentsErrorCode } from './payments-errors.js';

/** The problems that all services share. */
const COMMON = {
  unauthorized: unauthorized(),
  body_too_large: toProblem({ statusCode: 413 }),
  unsupported_media_type: toProblem({ statusCode: 415 }),
  internal_error: toProblem(new Error('anything')),
};

export type ProblemCode = PaymentsErrorCode | keyof typeof COMMON;

const paymentId = '019aa1c4-6f5e-7c3a-9a51-3f0c8d2e7b10';

/** The members of a problem beyond its code. */
const MEMBERS: Partial<Record<ProblemCode, Record<string, unknown>>> = {
  invalid_request: { errors: [{ pointer: '/amountMinor', detail: 'must be at least 1' }] },
  payment_declined: { paymentId, declineCode: 'insufficient_funds' },
  payment_failed: { paymentId, reason: 'resource_missing' },
};

const isCommon = (code: ProblemCode): code is keyof typeof COMMON => code in COMMON;

/** One response for these problems. Each has an example of exactly the sent bytes. */
export function problems(description: string, ...codes: ProblemCode[]) {
  const headers = Object.assign({}, ...codes.map(headersOf)) as Record<string, object>;
  return {
    description,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  };
}

function exampleOf(code: ProblemCode): Record<string, unknown> {
  const problem = isCommon(code) ? COMMON[code] : paymentsProblem(code);
  return { ...problem.body(), ...MEMBERS[code] };
}

const header = (description: string) => ({ description, schema: { type: 'string' as const } });
export const location = header('the payment');
export const replayed = header('true when the answer was stored earlier');
export const retryAfter = header('seconds to wait before asking again');

const OWN_HEADERS: Partial<Record<ProblemCode, Record<string, object>>> = {
  unauthorized: { 'WWW-Authenticate': header('Bearer') },
  payment_declined: { Location: location, 'Idempotent-Replayed': replayed },
  payment_failed: { Location: location, 'Idempotent-Replayed': replayed },
  order_already_paid: { Location: location },
};

const headersOf = (code: ProblemCode): Record<string, object> =>
  OWN_HEADERS[code] ?? (isRetried(code) ? { 'Retry-After': retryAfter } : {});

const isRetried = (code: ProblemCode) =>
  code === 'rate_limited' || (!isCommon(code) && 'retryAfterS' in PAYMENTS_ERRORS[code]);

/** The failures of every request. */
export const anyRequest = {
  500: problems('A fault of ours; asking again with the same key is safe', 'internal_error'),
  503: problems('Something we need is down', 'temporarily_unavailable'),
};

export const problemSchema = {
  type: 'object' as const,
  description: 'Problem details (RFC 9457)',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string' as const, description: `${PROBLEM_TYPE_BASE}<code>` },
    title: { type: 'string' as const },
    status: { type: 'integer' as const },
    detail: { type: 'string' as const },
    paymentId: { type: 'string' as const, format: 'uuid', description: 'the payment that failed' },
    declineCode: { type: 'string' as const, description: "the PSP's" },
    reason: { type: 'string' as const, description: 'why it failed, for our support' },
    errors: {
      type: 'array' as const,
      items: {
        type: 'object' as const,
        required: ['pointer', 'detail'],
        additionalProperties: false,
        properties: {
          pointer: { type: 'string' as const, description: 'JSON pointer (RFC 6901)' },
          detail: { type: 'string' as const },
        },
      },
    },
  },
  additionalProperties: false,
};

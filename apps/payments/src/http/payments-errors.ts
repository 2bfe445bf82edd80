import { Problem, type RequestFault } from '@effectively-once/platform';
import { postgresFailure } from '@effectively-once/postgres';

/** All problems of payments. The OpenAPI document lists them. */
export const PAYMENTS_ERRORS = {
  invalid_request: {
    status: 400,
    detail: 'The request has faults; nothing was stored.',
  },
  idempotency_key_required: {
    status: 400,
    detail: 'Send an Idempotency-Key header: one new key per payment you mean to make.',
  },
  idempotency_key_malformed: {
    status: 400,
    detail: 'The Idempotency-Key must be 1 to 255 characters of A-Z a-z 0-9 _ . : -',
  },
  webhook_malformed: {
    status: 400,
    detail: 'The event has no id, type and object as the PSP gives them.',
  },
  webhook_signature_invalid: {
    status: 400,
    detail: 'The signature does not match the body, or is too old.',
  },
  payment_declined: {
    status: 402,
    detail: 'The payment was declined; you have not been charged.',
  },
  payment_failed: {
    status: 402,
    detail: 'The payment did not go through; you have not been charged.',
  },
  payment_not_found: {
    status: 404,
    detail: 'You have no such payment.',
  },
  idempotency_in_flight: {
    status: 409,
    detail: 'The first request with this Idempotency-Key is still running; ask again.',
    retryAfterS: 1,
  },
  order_already_paid: {
    status: 409,
    detail: 'This order is already paid or being paid; see Location.',
  },
  idempotency_key_reused: {
    status: 422,
    detail: 'This Idempotency-Key was used with another body.',
  },
  rate_limited: {
    status: 429,
    detail: 'Too many payments at once; nothing was stored.',
  },
  overloaded: {
    status: 503,
    detail:
      'More payments arrive than we can make now; nothing was stored. ' +
      'Retry with the same Idempotency-Key after the seconds of Retry-After.',
    retryAfterS: 2,
  },
  psp_unavailable: {
    status: 503,
    detail:
      'The payment provider cannot be reached, or is too slow; you have not been charged. ' +
      'The same Idempotency-Key may be retried.',
    retryAfterS: 2,
  },
  // Says nothing about the charge: the answer of a statement may be lost on its way.
  temporarily_unavailable: {
    status: 503,
    detail: 'Something we need is down. Retry with the same Idempotency-Key: it cannot pay twice.',
    retryAfterS: 1,
  },
} as const satisfies Record<string, { status: number; detail: string; retryAfterS?: number }>;

export type PaymentsErrorCode = keyof typeof PAYMENTS_ERRORS;

export function paymentsProblem(
  code: PaymentsErrorCode,
  options: {
    location?: string;
    retryAfterS?: number;
    members?: Record<string, unknown>;
    cause?: unknown;
  } = {},
): Problem {
  const error: { status: number; detail: string; retryAfterS?: number } = PAYMENTS_ERRORS[code];
  const retryAfterS = options.retryAfterS ?? error.retryAfterS;
  return new Problem(code, {
    status: error.status,
    detail: error.detail,
    headers: {
      ...(options.location ? { location: options.location } : {}),
      ...(retryAfterS ? { 'retry-after': String(retryAfterS) } : {}),
    },
    members: options.members ?? {},
    cause: options.cause,
  });
}

export const invalidRequest = (errors: RequestFault[]): Problem =>
  paymentsProblem('invalid_request', { members: { errors } });

/**
 * Turns a failure of our own store into an answer on which the client can act, and leaves every
 * other error alone: a refused value, and a mistake in our SQL. A statement without an answer may
 * still be executed, like one whose connection was cut.
 */
export function databaseDownAsProblem(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Problem) return error;
  const failure = postgresFailure(error);
  switch (failure) {
    case 'unavailable':
    case 'timeout':
    case 'transient':
      return paymentsProblem('temporarily_unavailable', { cause: error });
    case 'data_refused':
    case 'other':
      return error;
    default:
      return failure satisfies never;
  }
}

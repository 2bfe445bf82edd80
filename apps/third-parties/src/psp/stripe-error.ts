import type { StripeErrorBody } from './stripe-objects.js';

/**
 * A refusal before the PSP executes the request. Stripe does not store it for the key. A stored
 * result, also a decline or a 500, is an Answer and no exception.
 */
export class StripeError extends Error {
  override readonly name = 'StripeError';
  constructor(
    readonly status: number,
    readonly error: StripeErrorBody,
  ) {
    super(error.message);
  }
}

export function invalidRequest(message: string, more: { code?: string; param?: string } = {}) {
  return new StripeError(400, { type: 'invalid_request_error', message, ...more });
}

export function missingParameter(param: string): StripeError {
  return invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
}

/** The message does not repeat the key: a wrong key is most often a live one. */
export function invalidApiKey(): StripeError {
  return new StripeError(401, {
    type: 'invalid_request_error',
    message: 'Invalid API Key provided.',
  });
}

export function noSuch(object: string, id: string, status: 400 | 404 = 404): StripeError {
  const message = `No such ${object}: '${id}'`;
  return new StripeError(status, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message,
  });
}

export function locked(): StripeError {
  return new StripeError(429, {
    type: 'invalid_request_error',
    code: 'lock_timeout',
    message: 'This object cannot be accessed right now because another request is using it.',
  });
}

export function keyInUse(idempotencyKey: string): StripeError {
  return new StripeError(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this idempotency key: ${idempotencyKey}.`,
  });
}

export function keyReused(idempotencyKey: string): StripeError {
  return new StripeError(400, {
    type: 'idempotency_error',
    message:
      'Keys for idempotent requests can only be used with the same endpoint and parameters they were ' +
      `first used with. Try using a key other than '${idempotencyKey}'.`,
  });
}

import type { z } from 'zod';
import { faultsOf } from './faults.js';
import { Problem } from './problem.js';

/** @throws Problem `invalid_request` with every fault, by JSON pointer (RFC 6901). */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
): z.infer<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Problem('invalid_request', {
    status: 400,
    detail: 'The request is not valid.',
    members: { errors: faultsOf(parsed.error) },
  });
}

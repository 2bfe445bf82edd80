import type { z } from 'zod';
import { Problem, type RequestFault } from './http/problem.js';

/** All faults that a schema found. Each unknown field is a fault of its own. */
export const faultsOf = (error: z.ZodError): RequestFault[] => error.issues.flatMap(faults);

function faults(issue: z.core.$ZodIssue): RequestFault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointer([...issue.path, key]),
      detail: 'is not a field of this request',
    }));
  }
  return [{ pointer: pointer(issue.path), detail: issue.message }];
}

function pointer(path: PropertyKey[]): string {
  return path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

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

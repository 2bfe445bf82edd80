import type { z } from 'zod';

/** One fault in a request, located by JSON pointer (RFC 6901). */
export interface RequestFault {
  pointer: string;
  detail: string;
}

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

import { z } from 'zod';

export const evidence = z.object({
  status: z.string(),
  effects: z.object({ email: z.string(), loyalty: z.string(), search: z.string() }),
  judgement: z.object({ verdict: z.string(), findings: z.array(z.object({ why: z.string() })) }),
});
export const faultBoard = z.object({
  broken: z.array(z.object({ id: z.string(), target: z.string() })),
  targets: z.array(z.object({ name: z.string(), isUp: z.boolean() })),
  links: z.array(
    z.object({
      faults: z.array(
        z.object({
          target: z.string(),
          kind: z.string(),
          acts: z.string(),
          isMistake: z.boolean().optional(),
          byHand: z.object({ break: z.string(), revert: z.string() }).nullable(),
        }),
      ),
    }),
  ),
});
export const pipeline = z.object({ connector: z.object({ state: z.string() }) });
export const letters = z.object({
  items: z.array(z.object({ id: z.string(), paymentId: z.string().nullable() })),
});
export const pages = z.object({
  items: z.array(z.object({ summary: z.string().nullable(), resolvedAt: z.string().nullable() })),
});

/** One answer of the checkout; undefined if there was none. */
export interface SeenAnswer {
  status: number;
  text: string;
  id: string;
  retryAfterS: number;
}

export function idIn(text: string): string {
  try {
    return z.object({ id: z.string() }).parse(JSON.parse(text)).id;
  } catch {
    // A problem document has no id.
    return '';
  }
}

/** 201 and 402 are stored; every other answer asks the client to come back with the same key. */
export const isFinal = ({ status }: SeenAnswer) => status === 201 || status === 402;

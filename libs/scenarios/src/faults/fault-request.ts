import { z } from 'zod';
import { FAULT_SECONDS_MAX } from '../supervisor/control-protocol.js';
import { definitionOf } from './catalogue.js';

/** The body of `POST /api/faults`. Every fault has an end. */
export const faultRequest = z
  .strictObject({
    target: z.string().max(64),
    kind: z.string().max(64),
    /** Where the process kills itself, for `kill_at`. */
    point: z.string().max(64).optional(),
    /** For the fault of one mailbox. */
    address: z.email().max(254).optional(),
    seconds: z.int().min(1).max(FAULT_SECONDS_MAX),
  })
  .superRefine((asked, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    const definition = definitionOf(asked);
    if (!definition) {
      issue('kind', 'is no fault of this target; GET /api/faults lists them');
    } else if (definition.needsAddress && asked.address === undefined) {
      issue('address', 'is needed for this kind');
    } else if (!definition.needsAddress && asked.address !== undefined) {
      issue('address', 'does not apply to this kind');
    }
  });
export type FaultRequest = z.infer<typeof faultRequest>;

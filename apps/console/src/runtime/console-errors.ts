import { UnreadableStore } from '@effectively-once/audit';
import { Problem } from '@effectively-once/platform';

/** An audit that cannot read a store has no result. The operator learns the name of the store. */
export function explain(error: unknown): unknown {
  if (!(error instanceof UnreadableStore)) return error;
  return new Problem('store_unreadable', {
    status: 503,
    detail: `No verdict: ${error.store} cannot be read.`,
    members: { store: error.store },
    cause: error,
  });
}

import { UnreadableStore } from '@effectively-once/audit';
import { Problem } from '@effectively-once/platform';

/** An audit that could not be finished is not an audit: the operator is told which store is in the way. */
export function explain(error: unknown): unknown {
  if (!(error instanceof UnreadableStore)) return error;
  return new Problem('store_unreadable', {
    status: 503,
    detail: `No verdict: ${error.store} cannot be read.`,
    members: { store: error.store },
    cause: error,
  });
}

import type { ConsumerName } from '@effectively-once/contracts';
import type { Wanted } from './replay-offsets.js';

/** The options of the command, each parsed. */
export interface ReplayArguments {
  consumer: ConsumerName;
  from?: Date;
  partition?: number;
  offset?: bigint;
  fromPayments?: true;
}

export type ReplayRequest = { kind: 'offsets'; wanted: Wanted } | { kind: 'payments'; since: Date };

/**
 * The one thing that the options ask for.
 * @throws Error if they ask for nothing, or for two things.
 */
export function replayRequest(given: ReplayArguments): ReplayRequest {
  const { from, partition, offset, fromPayments } = given;
  if ((partition === undefined) !== (offset === undefined)) {
    throw new Error('--partition and --offset belong together');
  }
  const isOffset = partition !== undefined && offset !== undefined;
  if (fromPayments && isOffset) {
    throw new Error('pass --from-payments or --partition and --offset, not both');
  }
  if (fromPayments) return { kind: 'payments', since: from ?? new Date(0) };
  if (from && isOffset) {
    throw new Error('pass --from or --partition and --offset, not both');
  }
  if (from) return { kind: 'offsets', wanted: { since: from } };
  if (isOffset) return { kind: 'offsets', wanted: { partition, offset } };
  throw new Error('pass --from TIME, --partition P --offset N, or --from-payments');
}

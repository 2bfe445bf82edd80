import type { GroupState } from '@effectively-once/kafka';
import { pollUntil } from '@effectively-once/timing';
import type { AppControl } from '../../stack/app-control.js';
import type { Rewind } from './plan-rewind.js';

/** If this command dies while the consumer is stopped, it runs again after this time. */
export const START_AGAIN_AFTER_MS = 180_000;
// A member that was killed stays in its group until its session times out.
const EMPTY_WITHIN_MS = 90_000;
/** The broker's retries are over by then (17 s), so no offset is set after the deadline. */
const SET_WITHIN_MS = 30_000;
const POLL_MS = 250;

/** A consumer group and its offsets of payment.completed. */
export interface Group {
  state(): Promise<GroupState>;
  /** @throws Error while the group has members. */
  setOffsets(offsets: ReadonlyMap<number, bigint>): Promise<void>;
}

export interface RewindOptions {
  consumer: string;
  rewinds: readonly Rewind[];
  control: AppControl;
  group: Group;
  /** Aborted by Ctrl-C: the consumer is started again, with its offsets unchanged or set. */
  signal: AbortSignal;
  onStep: (step: string) => void;
  now?: () => number;
}

/**
 * Sets a group's offsets back, while none of its members runs:
 *
 *   stop (with a deadline) ──► wait until the group is empty ──► set the offsets ──► start
 *        ✗ this command dies: the supervisor starts the consumer at the deadline. Each partition
 *          has its old offset or its new one, and both are safe.
 *
 * The consumer is started again in every case.
 * @returns the rewinds up to the offsets that the group had committed when it was empty.
 * @throws Error if the group keeps a member, or if it took too long. Then no offset has changed.
 */
export async function rewindGroup(options: RewindOptions): Promise<Rewind[]> {
  const { consumer, control, onStep, now = performance.now.bind(performance) } = options;
  onStep(
    `stopping ${consumer}; if this command dies, it runs again within ` +
      `${START_AGAIN_AFTER_MS / 1_000} s`,
  );
  const setBeforeMs = now() + START_AGAIN_AFTER_MS - SET_WITHIN_MS;
  // Outside of the try: if another command has stopped it, this one must not start it.
  await control.stop(consumer, START_AGAIN_AFTER_MS);
  try {
    const rewinds = await whenEmpty(options);
    options.signal.throwIfAborted();
    if (now() > setBeforeMs) throw new Error(`${consumer} took too long to stop; ${UNCHANGED}`);
    onStep(`setting the offsets of ${rewinds.length} partitions`);
    const offsets = new Map(rewinds.map(({ partition, from }) => [partition, from]));
    if (offsets.size > 0) await options.group.setOffsets(offsets);
    return rewinds;
  } finally {
    onStep(`starting ${consumer}`);
    await control.start(consumer);
  }
}

const UNCHANGED = 'its offsets are unchanged; run the command again';

async function whenEmpty({ consumer, rewinds, group, signal }: RewindOptions): Promise<Rewind[]> {
  let state: GroupState | undefined;
  const isEmpty = async () => {
    signal.throwIfAborted();
    state = await group.state();
    return state.members.length === 0;
  };
  await pollUntil(isEmpty, {
    everyMs: POLL_MS,
    timeoutMs: EMPTY_WITHIN_MS,
    timeoutMessage: () => {
      const members = state?.members.map(({ clientId, host }) => `${clientId} at ${host}`);
      return (
        `the group ${consumer} still has members after ${EMPTY_WITHIN_MS / 1_000} s: ` +
        `${members?.join(', ')}; stop them first; ${UNCHANGED}`
      );
    },
  });
  // The members have committed since the plan was made.
  return rewinds.map((rewind) => {
    const position = state?.positions.find(({ partition }) => partition === rewind.partition);
    const committed = position?.committed ?? rewind.end;
    return { ...rewind, end: committed > rewind.end ? committed : rewind.end };
  });
}

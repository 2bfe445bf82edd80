import { committedOffsets, endOffsets } from '@effectively-once/kafka';
import { pollUntil } from '@effectively-once/timing';
import type { Topic } from '../../bench/delivery/produce.js';
import type { LabProcess } from './lab-process.js';

const POLL_MS = 250;
const COMMITTED_WITHIN_MS = 120_000;

/**
 * Waits for the commits of a group with one member.
 * @throws TimeoutError if it has not committed so many records after two minutes.
 * @throws Error at once if its member ends.
 */
export async function untilCommitted(
  at: Topic,
  groupId: string,
  { count, member }: { count: number; member: LabProcess },
): Promise<void> {
  let committed = 0;
  const isDone = async () => {
    member.assertRuns();
    committed = await committedRecords(at, groupId);
    return committed >= count;
  };
  await pollUntil(isDone, {
    everyMs: POLL_MS,
    timeoutMs: COMMITTED_WITHIN_MS,
    timeoutMessage: () => `${groupId} has committed ${committed} of ${count} records`,
  });
}

/**
 * Waits until a group with one member has committed everything that is in the topic now.
 * @throws as `untilCommitted`.
 */
export async function untilAllCommitted(
  at: Topic,
  groupId: string,
  member: LabProcess,
): Promise<void> {
  const { brokers, topic } = at;
  const ends = await endOffsets({ brokers, clientId: 'lab', topics: [topic] });
  const count = [...(ends.get(topic)?.values() ?? [])].reduce((sum, end) => sum + Number(end), 0);
  await untilCommitted(at, groupId, { count, member });
}

async function committedRecords({ brokers, topic }: Topic, groupId: string): Promise<number> {
  const offsets = await committedOffsets({ brokers, clientId: 'lab', groupId, topics: [topic] });
  return [...(offsets.get(topic)?.values() ?? [])].reduce(
    (sum, offset) => sum + Math.max(0, Number(offset)),
    0,
  );
}

import {
  CONSUMERS,
  PAYMENT_COMPLETED,
  redriveTopic,
  type ConsumerName,
} from '@effectively-once/contracts';
import { committedOffsets, endOffsets } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';

const GIVE_UP_AFTER_MS = 120_000;

/**
 * Waits until every consumer group has committed the offsets of all records published so far. An
 * audit before that can be clean too early: a record that a crash left uncommitted is redelivered,
 * and may be doubled only then.
 */
export async function waitUntilDrained(brokers: string[]): Promise<void> {
  const connection = { brokers, clientId: 'wait-until-drained' };
  const untilDrainedBy = async (groupId: ConsumerName) => {
    const topics = [PAYMENT_COMPLETED, redriveTopic(groupId)];
    // A broker that was just killed needs some time until it answers.
    const ends = await waitUntil(
      'the broker to answer',
      () => endOffsets({ ...connection, topics }),
      GIVE_UP_AFTER_MS,
    );
    await waitUntil(
      `${groupId} to commit every record`,
      async () => {
        const committed = await committedOffsets({ ...connection, groupId, topics });
        return topics.every((topic) =>
          [...(ends.get(topic) ?? [])].every(
            ([partition, end]) =>
              end === 0n || (committed.get(topic)?.get(partition) ?? -1n) >= end,
          ),
        );
      },
      GIVE_UP_AFTER_MS,
    );
  };
  await Promise.all(CONSUMERS.map(untilDrainedBy));
}

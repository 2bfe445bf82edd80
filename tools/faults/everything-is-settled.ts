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
 * Waits until every consumer has committed everything published until now, whichever member did it. An
 * audit before that may be clean too early: what a crash left unsettled comes again, and may double then.
 */
export async function everythingIsSettled(brokers: string[]): Promise<void> {
  const connection = { brokers, clientId: 'settled' };
  const isSettledBy = async (groupId: ConsumerName) => {
    const topics = [PAYMENT_COMPLETED, redriveTopic(groupId)];
    // A broker that was just killed may take its time to answer.
    const ends = await waitUntil(
      'the broker to answer',
      () => endOffsets({ ...connection, topics }),
      GIVE_UP_AFTER_MS,
    );
    await waitUntil(
      `${groupId} to settle everything`,
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
  await Promise.all(CONSUMERS.map(isSettledBy));
}

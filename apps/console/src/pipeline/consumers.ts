import {
  CONSUMERS,
  PAYMENT_COMPLETED,
  redriveTopic,
  TOPICS,
  type ConsumerName,
} from '@effectively-once/contracts';
import { committedOffsets, endOffsets } from '@effectively-once/kafka';

const CLIENT_ID = 'console';

/** The end offset of each partition of each topic, in the order of the partitions. */
export async function readTopics(brokers: string[]): Promise<Record<string, number[]>> {
  const topics = TOPICS.map(({ name }) => name);
  const ends = await endOffsets({ brokers, clientId: CLIENT_ID, topics });
  return Object.fromEntries(
    topics.map((topic) => [topic, inOrder(ends.get(topic)).map(([, end]) => Number(end))]),
  );
}

/** The lag of each consumer, in its two topics. */
export async function readConsumers(brokers: string[]) {
  return await Promise.all(CONSUMERS.map((consumer) => readConsumer(brokers, consumer)));
}

async function readConsumer(brokers: string[], consumer: ConsumerName) {
  const topics = [PAYMENT_COMPLETED, redriveTopic(consumer)];
  // Read the committed offsets first. Otherwise a fast consumer would seem to be beyond the end.
  const group = { brokers, clientId: CLIENT_ID, groupId: consumer, topics };
  const committed = await committedOffsets(group);
  const ends = await endOffsets(group);
  const partitions = topics.flatMap((topic) =>
    inOrder(ends.get(topic)).map(([partition, end]) => {
      const next = committed.get(topic)?.get(partition) ?? -1n;
      // Without a committed offset, the whole partition counts as lag.
      const lag = Number(end - (next < 0n ? 0n : next));
      return { topic, partition, committed: Number(next), end: Number(end), lag };
    }),
  );
  return { consumer, lag: partitions.reduce((sum, { lag }) => sum + lag, 0), partitions };
}

const inOrder = (offsets: Map<number, bigint> = new Map()) =>
  [...offsets].sort(([one], [other]) => one - other);

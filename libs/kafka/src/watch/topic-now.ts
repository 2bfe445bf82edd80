import { withAdmin } from '../admin.js';
import type { Connection } from '../client.js';
import { askForIds } from './metadata-with-ids.js';

/** A topic as it is now. */
export interface TopicNow {
  /**
   * Kafka's id of the topic. A topic that is deleted and created again gets another one, and its
   * offsets begin at 0 again. Undefined from a broker before Kafka 2.8.
   */
  id: string | undefined;
  /** For each partition, the offset that its next record will get. */
  ends: ReadonlyMap<number, bigint>;
}

/** @throws Error if the topic does not exist, or was made anew while it was read. */
export async function readTopicNow(options: Connection & { topic: string }): Promise<TopicNow> {
  const { topic } = options;
  return await withAdmin(options, async (admin) => {
    const idNow = async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: askForIds([topic]) });
      const [partition] = topics[0]?.partitions ?? [];
      return (partition as { topicId?: string } | undefined)?.topicId;
    };
    const id = await idNow();
    const offsets = await admin.fetchTopicOffsets(topic);
    // Otherwise the ends could be those of another topic.
    if ((await idNow()) !== id) throw new Error(`${topic} was made anew while it was read`);
    return { id, ends: new Map(offsets.map((one) => [one.partition, BigInt(one.high)])) };
  });
}

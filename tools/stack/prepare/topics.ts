import {
  assertDeadLettersFit,
  CONSUMERS,
  deadLetterTopic,
  PAYMENT_COMPLETED,
  redriveTopic,
  TOPICS,
} from '@effectively-once/contracts';
import { ensureTopics, readTopicSettings } from '@effectively-once/kafka';

const ADVICE =
  'Set max.message.bytes of these topics (kafka-configs.sh --alter), or delete the data: ' +
  'npm stop -- --wipe';

/**
 * Creates every missing topic. The broker creates none itself, or a typo would become a topic.
 * Existing topics keep their sizes.
 * @throws Error when these are too small for dead letters.
 */
export async function createTopics({ brokers }: { brokers: string[] }): Promise<void> {
  const connection = { brokers, clientId: 'create-topics' };
  await ensureTopics({ ...connection, topics: TOPICS });
  const found = await readTopicSettings({ ...connection, topics: TOPICS.map(({ name }) => name) });
  const sizeOf = (topic: string) => Number(found.get(topic)?.config.get('max.message.bytes'));
  for (const consumer of CONSUMERS) {
    const sizes = {
      event: sizeOf(PAYMENT_COMPLETED),
      redrive: sizeOf(redriveTopic(consumer)),
      deadLetter: sizeOf(deadLetterTopic(consumer)),
    };
    try {
      assertDeadLettersFit(sizes);
    } catch (cause) {
      const { message } = cause as Error;
      throw new Error(`${message} (${consumer}). ${ADVICE}`, { cause });
    }
  }
}

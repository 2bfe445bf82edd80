import { TOPICS } from '@effectively-once/contracts';
import { ensureTopics } from '@effectively-once/kafka';

/** Creates every missing topic. The broker creates none itself, or a typo would become a topic. */
export async function createTopics(options: { brokers: string[] }): Promise<void> {
  await ensureTopics({ brokers: options.brokers, clientId: 'create-topics', topics: TOPICS });
}

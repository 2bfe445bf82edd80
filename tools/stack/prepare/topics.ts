import { TOPICS } from '@effectively-once/contracts';
import { ensureTopics } from '@effectively-once/kafka';

/** Makes every topic that is missing. The broker makes none by itself: a typo would become a topic. */
export async function createTopics(options: { brokers: string[] }): Promise<void> {
  await ensureTopics({ brokers: options.brokers, clientId: 'create-topics', topics: TOPICS });
}

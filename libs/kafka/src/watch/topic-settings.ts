// Node does not find this name among the exports of a CommonJS package.
import kafkajs from 'kafkajs';
import { withAdmin } from '../admin.js';
import type { Connection } from '../client.js';

/** A topic as the broker has it now. */
export interface TopicSettings {
  partitions: number;
  /** Effective values, by Kafka's own names: of the topic, else of the broker. */
  config: ReadonlyMap<string, string>;
}

/** The settings of these topics. A topic that does not exist is absent. */
export async function readTopicSettings(
  options: Connection & { topics: readonly string[] },
): Promise<Map<string, TopicSettings>> {
  return await withAdmin(options, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const topics = options.topics.filter((topic) => existing.has(topic));
    if (topics.length === 0) return new Map();
    const metadata = await admin.fetchTopicMetadata({ topics });
    const described = await admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
    });
    return new Map(
      topics.map((topic) => {
        const entries =
          described.resources.find(({ resourceName }) => resourceName === topic)?.configEntries ??
          [];
        const config = new Map(
          entries.map(({ configName, configValue }) => [configName, configValue]),
        );
        const partitions =
          metadata.topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
        return [topic, { partitions, config }];
      }),
    );
  });
}

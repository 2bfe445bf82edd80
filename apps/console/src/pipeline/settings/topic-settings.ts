import { TOPICS, type TopicDefinition } from '@effectively-once/contracts';
import { readTopicSettings, type TopicSettings } from '@effectively-once/kafka';

/** Kafka's default. A topic that declares no size must take at least this. */
const MESSAGE_BYTES_MIN = 1_048_588;

type Rule = (value: string | undefined) => boolean;

// What holds for every topic of the system, and what goes wrong otherwise.
const RULES: Record<string, { holds: Rule; otherwise: string }> = {
  'cleanup.policy': {
    holds: (value) => value === 'delete',
    otherwise: 'compaction deletes all but the last event of a customer',
  },
  'retention.bytes': {
    holds: (value) => value === '-1',
    otherwise: 'a limit in bytes deletes events that no consumer has read',
  },
  'unclean.leader.election.enable': {
    holds: (value) => value === 'false',
    otherwise: 'a broker that is behind may become leader, and acknowledged events are lost',
  },
};

/** What of the topics is not as they were created. */
export async function topicProblems(brokers: string[]): Promise<string[]> {
  const topics = TOPICS.map(({ name }) => name);
  const found = await readTopicSettings({ brokers, clientId: 'console', topics });
  return TOPICS.flatMap((topic) => problemsOf(topic, found.get(topic.name)));
}

/** Pure, for the spec. */
export function problemsOf(declared: TopicDefinition, found: TopicSettings | undefined): string[] {
  const { name, partitions, config } = declared;
  if (!found) return [`the topic ${name} is missing`];
  const problems: string[] = [];
  if (found.partitions !== partitions) {
    problems.push(
      `${name} has ${found.partitions} partitions, not ${partitions}: users change partition, and lose their order`,
    );
  }
  const size = Number(found.config.get('max.message.bytes'));
  const sizeMin = Number(config['max.message.bytes'] ?? MESSAGE_BYTES_MIN);
  if (!(size >= sizeMin)) {
    problems.push(`max.message.bytes of ${name} is ${size}, less than ${sizeMin}`);
  }
  for (const [key, value] of Object.entries(config)) {
    if (key === 'max.message.bytes' || found.config.get(key) === value) continue;
    problems.push(`${key} of ${name} is ${found.config.get(key)}, not ${value}`);
  }
  for (const [key, { holds, otherwise }] of Object.entries(RULES)) {
    const value = found.config.get(key);
    if (key in config || holds(value)) continue;
    problems.push(`${key} of ${name} is ${value}: ${otherwise}`);
  }
  return problems;
}

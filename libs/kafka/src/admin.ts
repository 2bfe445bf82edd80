import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicDefinition } from '@effectively-once/contracts';
import type { Admin } from 'kafkajs';
import type { OffsetRange, TopicPartition } from './record.js';
import { kafkaClient, BROKER_TIMEOUT_MS, type Connection } from './client.js';

const CREATE_ATTEMPTS_MAX = 20;
const CREATE_AGAIN_MS = 250;

/** topic → partition → offset */
export type Offsets = Map<string, Map<number, bigint>>;

/** Creates the missing topics. Existing topics keep their configuration. */
export async function ensureTopics(
  options: Connection & { topics: readonly TopicDefinition[] },
): Promise<void> {
  const topics = options.topics.map(({ name, partitions, config }) => ({
    topic: name,
    numPartitions: partitions,
    replicationFactor: -1,
    configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  }));
  const create = (admin: Admin) =>
    admin.createTopics({ waitForLeaders: true, timeout: BROKER_TIMEOUT_MS, topics });
  await withAdmin(options, async (admin) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await create(admin);
        // When the topics exist by now, kafkajs does not wait until the broker knows their leaders.
        await admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) });
        return;
      } catch (error) {
        // kafkajs asks for the leaders of a topic that a busy broker does not know yet.
        const isNew = (error as { type?: unknown }).type === 'UNKNOWN_TOPIC_OR_PARTITION';
        if (!isNew || attempt === CREATE_ATTEMPTS_MAX) throw error;
        await sleep(CREATE_AGAIN_MS);
      }
    }
  });
}

/**
 * Adds partitions to a topic, up to `count`. Keys move to other partitions, so their records lose
 * their order: only a lab does this, to show it.
 */
export async function addPartitions(
  options: Connection & { topic: string; count: number },
): Promise<void> {
  const { topic, count } = options;
  await withAdmin(options, (admin) =>
    admin.createPartitions({
      timeout: BROKER_TIMEOUT_MS,
      topicPartitions: [{ topic, count }],
    }),
  );
}

/** The end offset of each partition: the offset that its next record will get. */
export async function endOffsets(options: Connection & { topics: string[] }): Promise<Offsets> {
  return await withAdmin(options, async (admin) => {
    const ends: Offsets = new Map();
    for (const topic of options.topics) {
      ends.set(topic, byPartition(await admin.fetchTopicOffsets(topic)));
    }
    return ends;
  });
}

/**
 * For each partition of a topic: the offset of the first record with this timestamp or a later one.
 * The end offset, if there is no such record.
 */
export async function offsetsSince(
  options: Connection & { topic: string; sinceMs: number },
): Promise<Map<number, bigint>> {
  return await withAdmin(options, async (admin) =>
    byPartition(await admin.fetchTopicOffsetsByTimestamp(options.topic, options.sinceMs)),
  );
}

/**
 * For each partition of these topics: the offsets of the records with this timestamp or a later
 * one. `from` is `end` if there is no such record.
 */
export async function rangesSince(
  options: Connection & { topics: string[]; sinceMs: number },
): Promise<Map<string, Map<number, OffsetRange>>> {
  return await withAdmin(options, async (admin) => {
    const ranges = options.topics.map(async (topic) => {
      const froms = byPartition(await admin.fetchTopicOffsetsByTimestamp(topic, options.sinceMs));
      // Read after it: a record that arrives in between would be behind the end.
      const ends = byPartition(await admin.fetchTopicOffsets(topic));
      const ofPartition = [...ends].map(
        ([partition, end]) => [partition, { from: froms.get(partition) ?? end, end }] as const,
      );
      return [topic, new Map(ofPartition)] as const;
    });
    return new Map(await Promise.all(ranges));
  });
}

/** A group's committed offset of each partition; -1 where it never committed. */
export async function committedOffsets(
  options: Connection & { groupId: string; topics: string[] },
): Promise<Offsets> {
  return await withAdmin(options, async (admin) => {
    const { groupId, topics } = options;
    const committed = await admin.fetchOffsets({ groupId, topics });
    return new Map(committed.map(({ topic, partitions }) => [topic, byPartition(partitions)]));
  });
}

/** Sets a group's offsets. @throws Error while the group has members. */
export async function setOffsets(
  options: Connection & { groupId: string; topic: string; offsets: ReadonlyMap<number, bigint> },
): Promise<void> {
  const { groupId, topic, offsets } = options;
  const partitions = [...offsets].map(([partition, offset]) => ({
    partition,
    offset: String(offset),
  }));
  await withAdmin(options, (admin) => admin.setOffsets({ groupId, topic, partitions }));
}

export interface CommittedOffset {
  offset: bigint;
  metadata: string | null;
}

/** A group's committed offsets with their metadata, and the names of its present members. */
export async function groupCommits(
  options: Connection & { groupId: string; topics: string[] },
): Promise<{
  committedAt: (at: TopicPartition) => CommittedOffset | undefined;
  memberNames: Set<string>;
}> {
  return await withAdmin(options, async (admin) => {
    const { groupId, topics } = options;
    const committed = await admin.fetchOffsets({ groupId, topics });
    const { groups } = await admin.describeGroups([groupId]);
    return {
      committedAt: ({ topic, partition }) => {
        const ofTopic = committed.find((one) => one.topic === topic);
        const found = ofTopic?.partitions.find((one) => one.partition === partition);
        return found && { offset: BigInt(found.offset), metadata: found.metadata };
      },
      memberNames: new Set(groups.flatMap(({ members }) => members.map((one) => one.clientId))),
    };
  });
}

/** For a readiness check. @throws when the broker does not answer. */
export async function pingBroker(options: Connection): Promise<void> {
  await withAdmin(options, (admin) => admin.describeCluster());
}

const byPartition = (partitions: { partition: number; offset: string }[]) =>
  new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));

export async function withAdmin<Result>(
  options: Connection,
  use: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const admin = kafkaClient(options).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

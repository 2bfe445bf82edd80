import { AssignerProtocol } from 'kafkajs';
import { withAdmin } from '../admin.js';
import type { Connection } from '../client.js';
import type { TopicPartition } from '../record.js';

/** A member of a consumer group as the broker knows it. */
export interface GroupMember {
  clientId: string;
  host: string;
  partitions: TopicPartition[];
}

/** What a group has committed of one partition, and what the partition holds. */
export interface GroupPosition extends TopicPartition {
  /** -1 if the group has never committed. */
  committed: bigint;
  /** The offset of the first record that is still there. */
  start: bigint;
  end: bigint;
}

export interface GroupState {
  members: GroupMember[];
  positions: GroupPosition[];
}

/** Reads a group from outside: what the broker says, and not what its members say. */
export async function readGroupState(
  options: Connection & { groupId: string; topics: readonly string[] },
): Promise<GroupState> {
  const { groupId, topics } = options;
  return await withAdmin(options, async (admin) => {
    // Committed offsets first. Otherwise a fast consumer would seem to be beyond the end.
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
    const positions: GroupPosition[] = [];
    for (const topic of topics) {
      const ofTopic = committed.find((one) => one.topic === topic)?.partitions ?? [];
      const log = await admin.fetchTopicOffsets(topic);
      for (const { partition, low, high } of log.sort((a, b) => a.partition - b.partition)) {
        const offset = ofTopic.find((one) => one.partition === partition)?.offset ?? '-1';
        const [start, end] = [BigInt(low), BigInt(high)];
        positions.push({ topic, partition, committed: BigInt(offset), start, end });
      }
    }
    const { groups } = await admin.describeGroups([groupId]);
    const members = groups.flatMap((group) =>
      group.members.map(({ clientId, clientHost, memberAssignment }) => ({
        clientId,
        host: clientHost.replace(/^\//, ''),
        partitions: partitionsIn(memberAssignment),
      })),
    );
    return { members, positions };
  });
}

function partitionsIn(memberAssignment: Buffer): TopicPartition[] {
  // During a rebalance a member has no assignment.
  if (memberAssignment.length === 0) return [];
  const assignment = AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {};
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

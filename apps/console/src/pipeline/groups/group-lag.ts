import type { ConsumerName } from '@effectively-once/contracts';
import type { GroupMember, GroupPosition, GroupState, OffsetRange } from '@effectively-once/kafka';

/** After this time without a commit, a partition with an unconsumed record is stalled. */
export const STALLED_AFTER_MS = 60_000;

/** The first unconsumed record of each range; absent if the range holds none. */
export type ReadFirst = (
  topic: string,
  ranges: ReadonlyMap<number, OffsetRange>,
) => Promise<ReadonlyMap<number, { timestampMs: number }>>;

export interface PartitionLag {
  topic: string;
  partition: number;
  lag: number;
  /** How long its oldest unconsumed record has waited; 0 without one. */
  oldestMs: number;
  /** It has an unconsumed record, and the group has committed nothing of it for a minute. */
  isStalled: boolean;
  /** The member that owns it, or `none`. */
  member: string;
}

/** What is known of a partition from the measurement before. */
interface Memory {
  /** The first offset that is not consumed, and since when something waits there. */
  from: bigint;
  sinceMs: number;
  /** The end of the log at the measurement before. */
  end: bigint;
  /** The record at `from` or after it. */
  first?: { timestampMs: number };
  /** From `from` up to here no offset holds a record. */
  emptyUntil: bigint;
}

/**
 * The lag of one consumer group, measured from outside: committed offsets against the end of the
 * log. A member that only sends heartbeats reports no lag of its own, and its partitions are
 * stalled.
 *
 *   committed ──► end?  none left ──► 0
 *        └─ some ──► was it there at the last measurement? ── no ──► just arrived: age 0
 *                            └─ yes ──► read its timestamp (once per offset) ──► age
 *                                         └─ only control records ──► lag 0
 */
export class GroupLag {
  private readonly memories = new Map<string, Memory>();

  constructor(
    private readonly consumer: ConsumerName,
    private readonly readFirst: ReadFirst,
  ) {}

  async measure({ positions, members }: GroupState, nowMs: number): Promise<PartitionLag[]> {
    for (const position of positions) this.remember(position, nowMs);
    const topics = new Set(positions.map(({ topic }) => topic));
    for (const topic of topics) {
      const ofTopic = positions.filter((one) => one.topic === topic);
      await this.readNew(ofTopic);
    }
    const lags = positions.map((position) => this.lagOf(position, members, nowMs));
    for (const position of positions) {
      const memory = this.memoryOf(position);
      // The next measurement compares with this end.
      memory.end = position.end;
      // Nothing waits. A record that arrives later has waited from now on at most.
      if (memory.emptyUntil >= position.end) memory.sinceMs = nowMs;
    }
    return lags;
  }

  private remember(position: GroupPosition, nowMs: number): void {
    const from = unconsumedFrom(position);
    const before = this.memories.get(keyOf(position));
    if (before?.from === from) return;
    // At the first measurement the age of a waiting record is unknown. With the current end its
    // timestamp is read now, and not at the next measurement.
    const end = before?.end ?? position.end;
    this.memories.set(keyOf(position), { from, sinceMs: nowMs, end, emptyUntil: from });
  }

  /** Reads the records that were there at the last measurement, and that were not read yet. */
  private async readNew(positions: GroupPosition[]): Promise<void> {
    const ranges = new Map<number, OffsetRange>();
    for (const position of positions) {
      const { from, end, first, emptyUntil } = this.memoryOf(position);
      if (first || from >= end || emptyUntil >= position.end) continue;
      ranges.set(position.partition, { from: emptyUntil, end: position.end });
    }
    const [topic] = positions;
    if (!topic || ranges.size === 0) return;
    const found = await this.readFirst(topic.topic, ranges);
    for (const position of positions.filter(({ partition }) => ranges.has(partition))) {
      const memory = this.memoryOf(position);
      const first = found.get(position.partition);
      if (first) memory.first = { timestampMs: first.timestampMs };
      else memory.emptyUntil = position.end;
    }
  }

  private lagOf(position: GroupPosition, members: GroupMember[], nowMs: number): PartitionLag {
    const { topic, partition, end } = position;
    const { from, sinceMs, first, emptyUntil } = this.memoryOf(position);
    const isEmpty = emptyUntil >= end;
    const seenMs = nowMs - sinceMs;
    return {
      topic,
      partition,
      lag: isEmpty ? 0 : Number(end - from),
      oldestMs: isEmpty || !first ? 0 : ageOf(first.timestampMs, seenMs, nowMs),
      isStalled: !isEmpty && first !== undefined && seenMs >= STALLED_AFTER_MS,
      member: ownerOf(position, members),
    };
  }

  private memoryOf(position: GroupPosition): Memory {
    const memory = this.memories.get(keyOf(position));
    if (!memory) throw new Error(`${this.consumer}: ${keyOf(position)} was not measured`);
    return memory;
  }
}

/** Records that expired unread are gone: the group goes on at the start of the log. */
const unconsumedFrom = ({ committed, start }: GroupPosition) =>
  committed > start ? committed : start;

/**
 * The producer sets the timestamp. One of the future, or none at all, would hide how long the
 * record waits. So the time since the console first saw it counts too.
 */
function ageOf(timestampMs: number, seenMs: number, nowMs: number): number {
  return timestampMs > 0 ? Math.max(nowMs - timestampMs, seenMs) : seenMs;
}

function ownerOf({ topic, partition }: GroupPosition, members: GroupMember[]): string {
  const owner = members.find(({ partitions }) =>
    partitions.some((one) => one.topic === topic && one.partition === partition),
  );
  return owner ? `${owner.clientId} at ${owner.host}` : 'none';
}

const keyOf = ({ topic, partition }: { topic: string; partition: number }) =>
  `${topic}/${partition}`;

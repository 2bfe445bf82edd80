import { groupCommits, GroupConsumer, type TopicPartition } from '@effectively-once/kafka';
import { withTimeout } from '@effectively-once/timing';
import type { PartitionEvents } from '../partition/partition-events.js';
import type { PartitionView } from '../partition/partition-view.js';
import type { RecordCompleter } from '../partition/record-lane.js';
import { decodeMetadata } from '../recovery/offset-metadata.js';
import { takeOverMetadata } from '../recovery/poison-pill-isolation.js';
import { Assignment, type TakenOver } from './assignment.js';

export interface MembershipOptions {
  brokers: string[];
  groupId: string;
  topics: string[];
  sessionTimeoutMs: number;
  completer: RecordCompleter;
  events: PartitionEvents;
  /** A rebalance: earlier reports about partitions are void, because owners can have changed. */
  onAssigned: () => void;
  onCrash: (error: Error) => void;
}

const FETCH_SILENCE_MAX_MS = 30_000;
// Longer than any effect: the time limit of each effect is below this.
const DRAIN_MAX_MS = 20_000;

/**
 * This process' membership in a consumer group, from joining to leaving. After each rebalance it
 * starts a new assignment. A zombie member, which still works after its partitions were assigned to
 * others, cannot commit: Kafka refuses the commits of an old group generation.
 */
export class Membership {
  private readonly memberName: string;
  private readonly group: GroupConsumer;
  private assignment: Assignment | undefined;
  private isPaused = false;
  private isLeaving = false;
  private startedAtMs = Date.now();

  constructor(private readonly options: MembershipOptions) {
    const { brokers, groupId, topics, sessionTimeoutMs, onCrash } = options;
    this.memberName = `${groupId}-${crypto.randomUUID()}`;
    this.group = new GroupConsumer({
      brokers,
      groupId,
      memberName: this.memberName,
      topics,
      sessionTimeoutMs,
      onCrash,
      onAssigned: (partitions) => this.startAssignment(partitions),
      onRecords: (fetched) => this.assignment?.take(fetched),
    });
  }

  async join(): Promise<void> {
    this.startedAtMs = Date.now();
    await this.group.start();
  }

  /** Pauses fetching while a circuit is open. Records that were fetched already wait in lanes. */
  setPaused(isPaused: boolean): void {
    this.isPaused = isPaused;
    this.assignment?.setPaused('circuit_open', isPaused);
  }

  /** Lets running effects finish, cancels parked records, commits, and leaves the group. */
  async leave(): Promise<void> {
    this.isLeaving = true;
    try {
      if (this.assignment) await withTimeout(this.assignment.close({ commit: true }), DRAIN_MAX_MS);
    } catch (error) {
      this.options.events.failed(error, 'leave');
    }
    await this.group.stop();
  }

  /** The assigned partitions. Empty before the first assignment. */
  view(): PartitionView[] {
    return this.assignment?.view() ?? [];
  }

  /** @throws Error when it fetches no more: the process is alive but useless. */
  assertFetching(): void {
    const silentMs = this.group.msSinceFetch() ?? Date.now() - this.startedAtMs;
    if (silentMs > FETCH_SILENCE_MAX_MS) throw new Error('fetches no records');
  }

  // Records that the previous assignment still completes are not committed: the partition can have
  // a new owner, and the commit would move that owner's offset back.
  private startAssignment(partitions: TopicPartition[]): void {
    if (this.isLeaving) return this.assignment?.revoke();
    const before = this.assignment?.close({ commit: false });
    this.options.onAssigned();
    this.assignment = new Assignment({
      partitions,
      memberName: this.memberName,
      completer: this.options.completer,
      group: this.group,
      events: this.options.events,
      takeOver: () => this.takeOver(),
      after: before ?? Promise.resolve(),
    });
    this.assignment.setPaused('circuit_open', this.isPaused);
  }

  private async takeOver(): Promise<(at: TopicPartition) => TakenOver> {
    const { brokers, groupId, topics } = this.options;
    const { committedAt, memberNames } = await groupCommits({
      brokers,
      clientId: `${groupId}.takeover`,
      groupId,
      topics,
    });
    return (at: TopicPartition) => {
      const committed = committedAt(at);
      const previous = decodeMetadata(committed?.metadata ?? null);
      const isOwnerAlive = previous.owner !== undefined && memberNames.has(previous.owner);
      // Kafka answers -1 for a partition without a commit.
      const offset = committed && committed.offset >= 0n ? committed.offset : undefined;
      return {
        metadata: takeOverMetadata(previous, { isOwnerAlive, watermark: offset ?? 0n }),
        committed: offset,
      };
    };
  }
}

import { Assignment } from './assignment.js';
import { GroupConsumer } from './kafka/group-consumer.js';
import type { KafkaRecord, TopicPartition } from './kafka-record.js';

export interface MembershipOptions {
  brokers: string[];
  groupId: string;
  topics: string[];
  sessionTimeoutMs: number;
  /** Settles one record; a rejection brings it back. `wait` rejects once the partition is no longer ours. */
  settle: (record: KafkaRecord, wait: (ms: number) => Promise<void>) => Promise<void>;
  /** Partitions were dealt anew; what was reported of them may be another member's now. */
  onAssigned: () => void;
  onLag: (at: TopicPartition, records: number) => void;
  onPause: (at: TopicPartition) => void;
  onError: (error: unknown, message: string) => void;
  onCrash: (error: Error) => void;
}

const FETCH_SILENCE_MAX_MS = 30_000;

/** This process' part in a consumer group, from joining to leaving, through every rebalance between. */
export class Membership {
  private readonly group: GroupConsumer;
  private assignment: Assignment | undefined;
  private startedAtMs = Date.now();

  constructor(private readonly options: MembershipOptions) {
    const { brokers, groupId, topics, sessionTimeoutMs, onCrash } = options;
    this.group = new GroupConsumer({
      brokers,
      groupId,
      topics,
      sessionTimeoutMs,
      onCrash,
      onAssigned: () => this.startAssignment(),
      onRecords: (fetched) => this.assignment?.take(fetched),
    });
  }

  async join(): Promise<void> {
    this.startedAtMs = Date.now();
    await this.group.start();
  }

  /** Lets running effects finish, gives up waits, commits, and leaves. */
  async leave(): Promise<void> {
    try {
      await this.assignment?.close({ commit: true });
    } catch (error) {
      this.options.onError(error, 'the last commit was refused; its records will come again');
    }
    await this.group.stop();
  }

  /** @throws Error when nothing is fetched any more: such a process is alive and of no use. */
  assertFetching(): void {
    const silentMs = this.group.msSinceFetch() ?? Date.now() - this.startedAtMs;
    if (silentMs > FETCH_SILENCE_MAX_MS) throw new Error('fetches no records');
  }

  // What the previous assignment still settles is not committed: a partition may be another member's by
  // now, and an offset from before would take theirs back.
  private startAssignment(): void {
    const before = this.assignment?.close({ commit: false });
    this.options.onAssigned();
    this.assignment = new Assignment({
      settle: this.options.settle,
      commit: (at, nextOffset) => this.group.commit(at, nextOffset),
      pause: (at) => {
        this.options.onPause(at);
        this.group.pause(at);
      },
      resume: (at) => this.group.resume(at),
      onLag: this.options.onLag,
      onError: (error, what) => this.options.onError(error, `could not ${what}; trying again`),
      after: before ?? Promise.resolve(),
    });
  }
}

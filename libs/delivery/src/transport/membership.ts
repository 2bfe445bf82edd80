import { groupCommits } from '@effectively-once/kafka';
import { GroupConsumer } from '@effectively-once/kafka';
import type { KafkaRecord, TopicPartition } from '@effectively-once/kafka';
import { withTimeout } from '@effectively-once/timing';
import { Assignment, type TakenOver } from './assignment.js';
import { decodeNote } from '../recovery/offset-metadata.js';
import type { PauseReason, RecordLane } from '../partition/partition.js';
import { takeOver } from '../recovery/poison-pill-isolation.js';

export interface MembershipOptions {
  brokers: string[];
  groupId: string;
  topics: string[];
  sessionTimeoutMs: number;
  /** Settles one record; a rejection brings it back. */
  settle: (record: KafkaRecord, lane: RecordLane) => Promise<void>;
  /** Partitions were dealt anew; what was reported of them may be another member's now. */
  onAssigned: () => void;
  onLag: (at: TopicPartition, records: number, unsettledSinceMs: number | undefined) => void;
  /** Told how many records a partition's window holds. */
  onHeld: (at: TopicPartition, records: number) => void;
  onPauseReasons: (at: TopicPartition, reasons: ReadonlySet<PauseReason>) => void;
  onParked: (at: TopicPartition, lanes: number) => void;
  onError: (error: unknown, message: string) => void;
  onCrash: (error: Error) => void;
}

const FETCH_SILENCE_MAX_MS = 30_000;
// Longer than any effect may take: every one has a time limit of its own below this.
const DRAIN_MAX_MS = 20_000;

/** This process' part in a consumer group, from joining to leaving, through every rebalance between. */
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

  /** Fetches nothing for as long as a circuit is open. What is held already waits for it in its lanes. */
  setPaused(isPaused: boolean): void {
    this.isPaused = isPaused;
    this.assignment?.setPaused('circuit_open', isPaused);
  }

  /** Lets running effects finish, calls off what is parked, commits, and leaves. */
  async leave(): Promise<void> {
    this.isLeaving = true;
    try {
      if (this.assignment) await withTimeout(this.assignment.close({ commit: true }), DRAIN_MAX_MS);
    } catch (error) {
      this.options.onError(error, 'could not leave in order; some records will come again');
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
  private startAssignment(partitions: TopicPartition[]): void {
    if (this.isLeaving) return this.assignment?.disown();
    const before = this.assignment?.close({ commit: false });
    this.options.onAssigned();
    this.assignment = new Assignment({
      partitions,
      memberName: this.memberName,
      settle: this.options.settle,
      commit: (at, nextOffset, metadata) => this.group.commit(at, nextOffset, metadata),
      takeOver: () => this.takeOver(),
      refetch: (at, from) => this.group.refetch(at, from),
      onPauseReasons: (at, reasons) => {
        if (reasons.size > 0) this.group.pause(at);
        else this.group.resume(at);
        this.options.onPauseReasons(at, reasons);
      },
      onParked: this.options.onParked,
      onLag: this.options.onLag,
      onHeld: this.options.onHeld,
      onError: (error, what) => this.options.onError(error, `could not ${what}; trying again`),
      after: before ?? Promise.resolve(),
    });
    this.assignment.setPaused('circuit_open', this.isPaused);
  }

  private async takeOver(): Promise<(at: TopicPartition) => TakenOver> {
    const { brokers, groupId, topics } = this.options;
    const { committedAt, memberNames } = await groupCommits({
      brokers,
      clientId: `${groupId}.notes`,
      groupId,
      topics,
    });
    return (at: TopicPartition) => {
      const committed = committedAt(at);
      const note = decodeNote(committed?.metadata ?? null);
      const isAlive = note.holder !== undefined && memberNames.has(note.holder);
      // Kafka says -1 where nothing was ever committed.
      const offset = committed && committed.offset >= 0n ? committed.offset : undefined;
      return {
        note: takeOver(note, { isAlive, watermark: offset ?? 0n }),
        committed: offset,
      };
    };
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { FetchedRecords, TopicPartition } from '@effectively-once/kafka';
import type { PartitionEvents, PauseReason } from '../partition/partition-events.js';
import { nameOf, Partition, type PartitionGroup } from '../partition/partition.js';
import type { PartitionView } from '../partition/partition-view.js';
import type { RecordCompleter } from '../partition/record-lane.js';
import type { OffsetMetadata } from '../recovery/offset-metadata.js';
import { SerialMode } from '../recovery/poison-pill-isolation.js';

/** Where the previous owner of a partition stopped. */
export interface TakenOver {
  metadata: OffsetMetadata;
  /** The first offset that is not complete; undefined before the first commit. */
  committed: bigint | undefined;
}

export interface AssignmentOptions {
  partitions: TopicPartition[];
  memberName: string;
  completer: RecordCompleter;
  group: PartitionGroup;
  events: PartitionEvents;
  /** Reads and takes over what the previous owners stored. Called again until it succeeds. */
  takeOver: () => Promise<(at: TopicPartition) => TakenOver>;
  /** The end of the previous assignment: two effects of one partition must not run at once. */
  after: Promise<void>;
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const RETRY_MS = 1_000;

/**
 * The partitions that are assigned to this member between two rebalances. A rebalance ends it by
 * the revocation of all partitions: kafkajs fetches again from the committed offsets, and a
 * partition can have a new owner.
 */
export class Assignment {
  private readonly partitions: Map<string, { at: TopicPartition; partition: Partition }>;
  private readonly cancelled = new AbortController();
  private readonly wait: NonNullable<AssignmentOptions['wait']>;

  constructor(private readonly options: AssignmentOptions) {
    this.wait = options.wait ?? (async (ms, signal) => await sleep(ms, undefined, { signal }));
    const { memberName, completer, group, events } = options;
    const serialMode = new SerialMode();
    const now = () => performance.now();
    const shared = { memberName, completer, group, events, serialMode, wait: this.wait, now };
    this.partitions = new Map(
      options.partitions.map((at) => [
        nameOf(at),
        { at, partition: new Partition({ at, ...shared }) },
      ]),
    );
    void this.begin();
  }

  take(fetched: FetchedRecords): void {
    this.partitions.get(nameOf(fetched))?.partition.push(fetched.records, fetched.endOffset);
  }

  view(): PartitionView[] {
    return [...this.partitions.values()].map(({ partition }) => partition.view());
  }

  setPaused(reason: PauseReason, isPaused: boolean): void {
    for (const { partition } of this.partitions.values()) partition.setPaused(reason, isPaused);
  }

  /** Cancels parked records and lets running effects finish. With `commit`, commits watermarks. */
  async close(options: { commit: boolean }): Promise<void> {
    this.cancelled.abort();
    const closed = [...this.partitions.values()].map(({ partition }) => partition.close(options));
    // Includes the previous assignment: after two rebalances in a row, the third assignment must
    // not start while effects of the first one run.
    await Promise.all([this.options.after, ...closed]);
  }

  /** A rebalance while it closes: from now on it must not commit. */
  revoke(): void {
    for (const { partition } of this.partitions.values()) partition.revoke();
  }

  private async begin(): Promise<void> {
    await this.options.after;
    while (!this.cancelled.signal.aborted) {
      try {
        const takenOver = await this.options.takeOver();
        // Isolation must be known for all partitions before the first record of any of them runs.
        const starts = [...this.partitions.values()].map(
          ({ at, partition }) => [partition, takenOver(at)] as const,
        );
        for (const [partition, { metadata, committed }] of starts) {
          partition.open(metadata, committed);
        }
        return;
      } catch (error) {
        this.options.events.failed(error, 'take over');
        // Only closing ends this wait early. The loop checks that next.
        await this.wait(RETRY_MS, this.cancelled.signal).catch(() => undefined);
      }
    }
  }
}

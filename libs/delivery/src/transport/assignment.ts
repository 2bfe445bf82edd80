import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaRecord, TopicPartition } from '@effectively-once/kafka';
import type { FetchedRecords } from '@effectively-once/kafka';
import type { Note } from '../recovery/offset-metadata.js';
import { Partition, type PauseReason, type RecordLane } from '../partition/partition.js';
import { OneAtATime } from '../recovery/poison-pill-isolation.js';

export interface TakenOver {
  note: Note;
  /** The first offset not settled; undefined while nothing was ever committed. */
  committed: bigint | undefined;
}

export interface AssignmentOptions {
  partitions: TopicPartition[];
  memberName: string;
  settle: (record: KafkaRecord, lane: RecordLane) => Promise<void>;
  commit: (at: TopicPartition, nextOffset: bigint, metadata: string) => Promise<void>;
  /** What the members before left beside their commits, taken over. Asked once, and again until it answers. */
  takeOver: () => Promise<(at: TopicPartition) => TakenOver>;
  refetch: (at: TopicPartition, from: bigint) => void;
  onPauseReasons: (at: TopicPartition, reasons: ReadonlySet<PauseReason>) => void;
  onParked: (at: TopicPartition, lanes: number) => void;
  onLag: (at: TopicPartition, records: number, unsettledSinceMs: number | undefined) => void;
  onHeld: (at: TopicPartition, records: number) => void;
  onError: (error: unknown, what: 'settle' | 'commit' | 'take over') => void;
  /** The previous assignment's end: no two effects of one partition may run at once. */
  after: Promise<void>;
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const RETRY_MS = 1_000;

/**
 * What this member holds of the partitions it was dealt, from one rebalance to the next. A rebalance
 * makes all of it void: kafkajs fetches again from the committed offsets, and a partition may be
 * another member's by then.
 */
export class Assignment {
  private readonly partitions: Map<string, { at: TopicPartition; partition: Partition }>;
  private readonly calledOff = new AbortController();
  private readonly wait: NonNullable<AssignmentOptions['wait']>;

  constructor(private readonly options: AssignmentOptions) {
    this.wait = options.wait ?? (async (ms, signal) => await sleep(ms, undefined, { signal }));
    const oneAtATime = new OneAtATime();
    this.partitions = new Map(
      options.partitions.map((at) => [
        nameOf(at),
        { at, partition: this.partition(at, oneAtATime) },
      ]),
    );
    void this.begin();
  }

  take(fetched: FetchedRecords): void {
    this.partitions.get(nameOf(fetched))?.partition.push(fetched.records, fetched.endOffset);
  }

  setPaused(reason: PauseReason, isPaused: boolean): void {
    for (const { partition } of this.partitions.values()) partition.setPaused(reason, isPaused);
  }

  /** Calls off what is parked and lets running effects finish. With `commit`, writes down how far they came. */
  async close(options: { commit: boolean }): Promise<void> {
    this.calledOff.abort();
    const closed = [...this.partitions.values()].map(({ partition }) => partition.close(options));
    // The one before too: two rebalances in a row must not let the third start while the first still runs.
    await Promise.all([this.options.after, ...closed]);
  }

  /** Dealt anew while it closes: what it settles from here on is not its to commit any more. */
  disown(): void {
    for (const { partition } of this.partitions.values()) partition.disown();
  }

  private async begin(): Promise<void> {
    await this.options.after;
    while (!this.calledOff.signal.aborted) {
      try {
        const noteFor = await this.options.takeOver();
        // Suspicion must be known of all partitions before a record of one runs.
        const notes = [...this.partitions.values()].map(
          ({ at, partition }) => [partition, noteFor(at)] as const,
        );
        for (const [partition, { note, committed }] of notes) partition.open(note, committed);
        return;
      } catch (error) {
        this.options.onError(error, 'take over');
        // Only closing ends this wait early, and the loop looks at that next.
        await this.wait(RETRY_MS, this.calledOff.signal).catch(() => undefined);
      }
    }
  }

  private partition(at: TopicPartition, oneAtATime: OneAtATime): Partition {
    const {
      settle,
      commit,
      refetch,
      onPauseReasons,
      onParked,
      onLag,
      onHeld,
      onError,
      memberName,
    } = this.options;
    return new Partition({
      name: nameOf(at),
      settle,
      commit: (nextOffset, metadata) => commit(at, nextOffset, metadata),
      refetch: (from) => refetch(at, from),
      onPauseReasons: (reasons) => onPauseReasons(at, reasons),
      onParked: (lanes) => onParked(at, lanes),
      onLag: (records, unsettledSinceMs) => onLag(at, records, unsettledSinceMs),
      onHeld: (records) => onHeld(at, records),
      onError,
      wait: this.wait,
      now: () => performance.now(),
      memberName,
      oneAtATime,
    });
  }
}

const nameOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

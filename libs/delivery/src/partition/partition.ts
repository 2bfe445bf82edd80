import { setMaxListeners } from 'node:events';
import type { GroupConsumer, KafkaRecord, TopicPartition } from '@effectively-once/kafka';
import { Cancelled } from '../failure.js';
import type { OffsetMetadata } from '../recovery/offset-metadata.js';
import type { SerialMode } from '../recovery/poison-pill-isolation.js';
import { RecoveryState } from '../recovery/recovery-state.js';
import { Committer } from './committer.js';
import { Lanes, type Lane } from './lanes.js';
import { OffsetTracker, type BufferedRecord } from './offset-tracker.js';
import type { PartitionEvents, PauseReason } from './partition-events.js';
import type { PartitionView } from './partition-view.js';
import type { RecordCompleter, RecordLane } from './record-lane.js';

/** Lanes that run at once in one partition. */
export const LANES_MAX = 64;
/** Records that wait for a slot. Fetching pauses at BACKLOG_MAX and resumes at BACKLOG_LOW. */
export const BACKLOG_MAX = 2_000;
export const BACKLOG_LOW = BACKLOG_MAX / 2;
const RETRY_MS = 1_000;

/** What a partition uses of its consumer group. */
export type PartitionGroup = Pick<GroupConsumer, 'commit' | 'refetch' | 'pause' | 'resume'>;

export interface PartitionOptions {
  at: TopicPartition;
  completer: RecordCompleter;
  group: PartitionGroup;
  events: PartitionEvents;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  now: () => number;
  /** This process' name in the consumer group. */
  memberName: string;
  serialMode: SerialMode;
}

/**
 * One partition during one assignment. It puts fetched records into the offset tracker and into
 * their lanes. Completed records move the watermark. The committer follows the watermark and never
 * passes it.
 */
export class Partition {
  private offsets = new OffsetTracker();
  private lanes: Lanes<BufferedRecord>;
  private readonly committer: Committer;
  private readonly recovery: RecoveryState;
  private readonly closing = new AbortController();
  private readonly pausedFor = new Set<PauseReason>();
  private endOffset = 0n;
  private isOpen = false;
  private isRevoked = false;
  private expected: bigint | undefined;
  private committedOffset: bigint | undefined;

  constructor(private readonly options: PartitionOptions) {
    const { at, memberName, serialMode } = options;
    // Every parked lane listens for the end; there can be thousands.
    setMaxListeners(0, this.closing.signal);
    this.lanes = this.newLanes();
    this.committer = new Committer({
      commit: () => this.commit(),
      wait: (ms) => options.wait(ms, this.closing.signal),
      now: options.now,
      onError: (error) => options.events.failed(error, 'commit'),
    });
    const flush = () => this.committer.flush();
    this.recovery = new RecoveryState({ partition: nameOf(at), memberName, serialMode, flush });
  }

  /**
   * Starts to work, also on records that were pushed before.
   * @param metadata of the previous owner, already taken over.
   * @param committed the first offset that is not complete; undefined before the first commit.
   */
  open(metadata: OffsetMetadata, committed?: bigint): void {
    if (this.closing.signal.aborted) return;
    this.isOpen = true;
    this.expected = committed;
    this.committedOffset = committed;
    this.options.events.opened(this.options.at, committed ?? 0n);
    const { watermark } = this.offsets;
    if (watermark !== undefined && !this.isContiguous(watermark)) this.dropAll();
    this.recovery.begin(metadata);
    this.reportWatermark();
    this.lanes.open();
  }

  /** @param endOffset the offset that the partition's next record will get. */
  push(records: KafkaRecord[], endOffset: bigint): void {
    const [first] = records;
    if (this.closing.signal.aborted || !first) return;
    if (this.isOpen && !this.isContiguous(first.offset)) return;
    this.endOffset = endOffset;
    const nowMs = this.options.now();
    for (const record of records) {
      this.lanes.push(laneOf(record), this.offsets.take(record, nowMs));
    }
    this.reportWatermark();
    if (this.lanes.backlog >= BACKLOG_MAX) this.setPaused('backlog', true);
    this.setPaused('in_flight_limit', this.offsets.isFull(nowMs));
  }

  setPaused(reason: PauseReason, isPaused: boolean): void {
    // A closed partition must not pause: the next assignment would not know how to resume it.
    if (this.closing.signal.aborted) return;
    // Also without a change: while a circuit is not closed, records wait for the server.
    if (reason === 'circuit_open') this.offsets.restartAge(this.options.now());
    if (this.pausedFor.has(reason) === isPaused) return;
    if (isPaused) this.pausedFor.add(reason);
    else this.pausedFor.delete(reason);
    const { at, group, events } = this.options;
    if (this.pausedFor.size > 0) group.pause(at);
    else group.resume(at);
    events.paused(at, this.pausedFor);
  }

  /**
   * Takes no more records, cancels parked ones, and lets running effects finish. With `commit` it
   * also commits the watermark and stores that this member left gracefully. Without: a revoked
   * partition must not be committed, because the new owner commits it now.
   */
  async close(options: { commit: boolean }): Promise<void> {
    this.closing.abort(new Cancelled());
    this.recovery.end();
    await Promise.all([this.lanes.close(), this.committer.close()]);
    // Before `open` it does not know the previous owner's metadata, and a commit would erase it.
    if (options.commit && this.isOpen) await this.commit();
  }

  /** What this partition works on now. */
  view(): PartitionView {
    const { at } = this.options;
    return {
      at,
      watermark: this.offsets.watermark,
      committed: this.committedOffset,
      isPaused: this.pausedFor.size > 0,
      inFlight: this.offsets.size,
      lanes: this.lanes.all(),
      attemptsOf: (offset) => this.recovery.attemptsOf(offset),
    };
  }

  /** The partition can have a new owner now, so this one commits nothing any more. */
  revoke(): void {
    this.isRevoked = true;
  }

  /**
   * Whether these records follow the committed offset. With several brokers kafkajs can hand over a
   * fetch from before the rebalance and then continue behind it. The records between would be lost,
   * so it fetches again. If the log now begins behind the committed offset, this looks the same.
   * Therefore it fetches again only once.
   */
  private isContiguous(first: bigint): boolean {
    const { expected } = this;
    this.expected = undefined;
    if (expected === undefined || first <= expected) return true;
    this.options.group.refetch(this.options.at, expected);
    return false;
  }

  // The lanes are not open yet, so no record has started.
  private dropAll(): void {
    void this.lanes.close();
    this.lanes = this.newLanes();
    this.offsets = new OffsetTracker();
    this.setPaused('backlog', false);
    this.setPaused('in_flight_limit', false);
  }

  private newLanes(): Lanes<BufferedRecord> {
    return new Lanes({
      lanesMax: LANES_MAX,
      work: (buffered, lane) => this.complete(buffered, lane),
      onParked: (lanes) => this.options.events.parked(this.options.at, lanes),
    });
  }

  /** Completes one record at the head of its lane. */
  private async complete(buffered: BufferedRecord, lane: Lane): Promise<void> {
    const { completer, events } = this.options;
    const recordLane = this.recordLane(buffered, lane);
    while (!this.closing.signal.aborted) {
      try {
        await this.recovery.claim();
        await completer.complete(buffered.record, recordLane);
        return this.completed(buffered);
      } catch (error) {
        if (this.closing.signal.aborted) return;
        events.failed(error, 'complete');
        const retry = recordLane.park((signal) => this.options.wait(RETRY_MS, signal));
        // Only closing ends this wait early. The loop checks that next.
        await retry.catch(() => undefined);
      }
    }
  }

  private recordLane({ record, takenAtMs }: BufferedRecord, lane: Lane): RecordLane {
    const { recovery } = this;
    const { offset } = record;
    const { signal } = this.closing;
    return {
      fetchedAtMs: Date.now() - (this.options.now() - takenAtMs),
      get attemptsBefore() {
        return recovery.attemptsOf(offset);
      },
      park: async (wait) => {
        await lane.park(() => wait(signal));
        signal.throwIfAborted();
      },
      rememberAttempts: (count) => recovery.rememberAttempts(offset, count),
      attempt: (run) => recovery.attempt(offset, run),
    };
  }

  private completed(buffered: BufferedRecord): void {
    if (this.offsets.complete(buffered) === 'moved') {
      this.recovery.watermarkMoved();
      this.reportWatermark();
      this.committer.ask();
    }
    if (this.lanes.backlog <= BACKLOG_LOW) this.setPaused('backlog', false);
    this.setPaused('in_flight_limit', this.offsets.isFull(this.options.now()));
  }

  private async commit(): Promise<void> {
    const { watermark } = this.offsets;
    if (watermark === undefined || this.isRevoked) return;
    const { at, group } = this.options;
    await group.commit(at, watermark, this.recovery.metadataAt(watermark));
    this.committedOffset = watermark;
    this.options.events.committed(at, watermark);
  }

  private reportWatermark(): void {
    const { watermark, incompleteSinceMs, size } = this.offsets;
    if (watermark === undefined || this.closing.signal.aborted) return;
    this.recovery.watermarkIs(watermark, this.endOffset);
    const { at, events } = this.options;
    events.lagging(at, Number(this.endOffset - watermark), incompleteSinceMs);
    events.inFlight(at, size);
  }
}

export const nameOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

// Records without a key have no order to keep, so each gets its own lane.
function laneOf({ key, offset }: KafkaRecord): string {
  return key === null ? `offset ${offset}` : `key ${key.toString('latin1')}`;
}

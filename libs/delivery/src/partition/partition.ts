import { setMaxListeners } from 'node:events';
import { CalledOff } from '../failure.js';
import type { KafkaRecord } from '@effectively-once/kafka';
import { Committer } from './committer.js';
import { Custody } from '../recovery/recovery-state.js';
import { Lanes, type Lane } from './lanes.js';
import type { Note } from '../recovery/offset-metadata.js';
import type { OneAtATime } from '../recovery/poison-pill-isolation.js';
import { Window, type Held } from './offset-tracker.js';

/** Lanes at work at once in one partition. */
export const LANES_MAX = 64;
/** Records that wait for a slot: above the first fetching pauses, below the second it goes on. */
export const BACKLOG_MAX = 2_000;
export const BACKLOG_LOW = BACKLOG_MAX / 2;
const RETRY_MS = 1_000;

/** Why a partition is not fetched. */
export type PauseReason = 'backlog' | 'window_full' | 'circuit_open';

/** What delivering one record may ask of its lane and its partition. */
export interface RecordLane {
  /** Attempts counted so far, by this process and those that had the record before. */
  readonly attemptsBefore: number;
  /** Lets the other lanes go on until `wait` is over. @throws when the partition was closed meanwhile. */
  park: (wait: (signal: AbortSignal) => Promise<void>) => Promise<void>;
  /** Resolves when the count is where a crash cannot take it. */
  rememberAttempts: (attempts: number) => Promise<void>;
  /** One attempt. While a record here is suspected of killing its process: alone, and marked before. */
  attempt: <Result>(run: () => Promise<Result>) => Promise<Result>;
}

export interface PartitionOptions {
  name: string;
  /** Settles one record. A rejection means it is not settled: it is delivered again after a wait. */
  settle: (record: KafkaRecord, lane: RecordLane) => Promise<void>;
  /** @param nextOffset everything below is settled. */
  commit: (nextOffset: bigint, metadata: string) => Promise<void>;
  /** Fetches from here again. What was handed over beyond is dropped. */
  refetch: (from: bigint) => void;
  onPauseReasons: (reasons: ReadonlySet<PauseReason>) => void;
  onParked: (lanes: number) => void;
  /** How many records of the partition are not settled, and when the first of them came into it. */
  onLag: (records: number, unsettledSinceMs: number | undefined) => void;
  /** Told how many records its window holds. */
  onHeld: (records: number) => void;
  onError: (error: unknown, what: 'settle' | 'commit') => void;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  now: () => number;
  /** This process, as the group knows it. */
  memberName: string;
  oneAtATime: OneAtATime;
}

/**
 * One partition during one assignment: fetched records go into the window and into their lanes; settled
 * ones move the watermark; the committer follows it, and never overtakes it.
 */
export class Partition {
  private window = new Window();
  private lanes: Lanes<Held>;
  private readonly committer: Committer;
  private readonly custody: Custody;
  private readonly closing = new AbortController();
  private readonly pausedFor = new Set<PauseReason>();
  private endOffset = 0n;
  private isOpen = false;
  private isDisowned = false;
  private expected: bigint | undefined;

  constructor(private readonly options: PartitionOptions) {
    const { name, memberName, oneAtATime } = options;
    // Every parked lane listens for the end; there may be thousands.
    setMaxListeners(0, this.closing.signal);
    this.lanes = this.newLanes();
    this.committer = new Committer({
      commit: () => this.commit(),
      wait: (ms) => options.wait(ms, this.closing.signal),
      onError: (error) => options.onError(error, 'commit'),
    });
    const flush = () => this.committer.flush();
    this.custody = new Custody({ partition: name, memberName, oneAtATime, flush });
  }

  /**
   * Begins to work, on what was pushed before too.
   * @param note what the member before left, already taken over.
   * @param committed the first offset not settled; undefined while nothing was ever committed.
   */
  open(note: Note, committed?: bigint): void {
    if (this.closing.signal.aborted) return;
    this.isOpen = true;
    this.expected = committed;
    const { watermark } = this.window;
    if (watermark !== undefined && !this.comesNext(watermark)) this.dropAll();
    this.custody.begin(note);
    this.reportWatermark();
    this.lanes.open();
  }

  /** @param endOffset the offset the partition's next record will get. */
  push(records: KafkaRecord[], endOffset: bigint): void {
    const [first] = records;
    if (this.closing.signal.aborted || !first) return;
    if (this.isOpen && !this.comesNext(first.offset)) return;
    this.endOffset = endOffset;
    const nowMs = this.options.now();
    for (const record of records) {
      this.lanes.push(laneOf(record), this.window.take(record, nowMs));
    }
    this.reportWatermark();
    if (this.lanes.backlog >= BACKLOG_MAX) this.setPaused('backlog', true);
    this.setPaused('window_full', this.window.isFull(nowMs));
  }

  setPaused(reason: PauseReason, isPaused: boolean): void {
    // Once closed it has no say any more: whoever was dealt the partition next would be paused for ever.
    if (this.closing.signal.aborted || this.pausedFor.has(reason) === isPaused) return;
    if (isPaused) this.pausedFor.add(reason);
    else this.pausedFor.delete(reason);
    if (reason === 'circuit_open') this.window.forgiveAge(this.options.now());
    this.options.onPauseReasons(this.pausedFor);
  }

  /**
   * Takes no more, calls off what is parked, lets running effects finish, and with `commit` says how far
   * it came and that it left of its own accord. A partition that went to another member must not be
   * committed: theirs is the truth now.
   */
  async close(options: { commit: boolean }): Promise<void> {
    this.closing.abort(new CalledOff());
    this.custody.end();
    await Promise.all([this.lanes.close(), this.committer.close()]);
    // Before it was opened it knows nothing of what the member before wrote down, and would erase it.
    if (options.commit && this.isOpen) await this.commit();
  }

  /**
   * Whether these are the first records not settled. With several brokers kafkajs may hand over what a
   * fetch from before the rebalance brought, and go on behind it: what lies between would be lost. A log
   * that begins further on looks the same, so it is asked for once.
   */
  private comesNext(first: bigint): boolean {
    const { expected } = this;
    this.expected = undefined;
    if (expected === undefined || first <= expected) return true;
    this.options.refetch(expected);
    return false;
  }

  // Nothing of it has begun: this is not open yet.
  private dropAll(): void {
    void this.lanes.close();
    this.lanes = this.newLanes();
    this.window = new Window();
    this.setPaused('backlog', false);
    this.setPaused('window_full', false);
  }

  private newLanes(): Lanes<Held> {
    return new Lanes({
      lanesMax: LANES_MAX,
      work: (held, lane) => this.settle(held, lane),
      onParked: this.options.onParked,
    });
  }

  /** From here on the partition may be another member's, and commits are theirs. */
  disown(): void {
    this.isDisowned = true;
  }

  private async settle(held: Held, lane: Lane): Promise<void> {
    const { record } = held;
    const recordLane = this.laneFor(record, lane);
    while (!this.closing.signal.aborted) {
      try {
        await this.custody.hold();
        await this.options.settle(record, recordLane);
        return this.settled(held);
      } catch (error) {
        if (this.closing.signal.aborted) return;
        this.options.onError(error, 'settle');
        const retry = recordLane.park((signal) => this.options.wait(RETRY_MS, signal));
        // Only closing ends this wait early, and the loop looks at that next.
        await retry.catch(() => undefined);
      }
    }
  }

  private laneFor({ offset }: KafkaRecord, lane: Lane): RecordLane {
    const { custody } = this;
    const { signal } = this.closing;
    return {
      get attemptsBefore() {
        return custody.attemptsOf(offset);
      },
      park: async (wait) => {
        await lane.park(() => wait(signal));
        signal.throwIfAborted();
      },
      rememberAttempts: (count) => custody.rememberAttempts(offset, count),
      attempt: (run) => custody.attempt(offset, run),
    };
  }

  private settled(held: Held): void {
    if (this.window.settle(held) === 'moved') {
      this.custody.moved();
      this.reportWatermark();
      this.committer.ask();
    }
    if (this.lanes.backlog <= BACKLOG_LOW) this.setPaused('backlog', false);
    this.setPaused('window_full', this.window.isFull(this.options.now()));
  }

  private async commit(): Promise<void> {
    const { watermark } = this.window;
    if (watermark === undefined || this.isDisowned) return;
    await this.options.commit(watermark, this.custody.noteAt(watermark));
  }

  private reportWatermark(): void {
    const { watermark, unsettledSinceMs } = this.window;
    if (watermark === undefined || this.closing.signal.aborted) return;
    this.custody.reached(watermark, this.endOffset);
    this.options.onLag(Number(this.endOffset - watermark), unsettledSinceMs);
    this.options.onHeld(this.window.size);
  }
}

// A record without a key belongs to nobody, so it waits for nobody.
function laneOf({ key, offset }: KafkaRecord): string {
  return key === null ? `offset ${offset}` : `key ${key.toString('latin1')}`;
}

import type { KafkaRecord } from '../kafka-record.js';
import { Committer } from './committer.js';
import { Lanes, type Lane } from './lanes.js';
import { emptyNote, encodeNote, type Note } from './note.js';
import { assertMayRun, type OneAtATime } from './suspicion.js';
import { Window, type Held } from './window.js';

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
  onPauseReasons: (reasons: ReadonlySet<PauseReason>) => void;
  onParked: (lanes: number) => void;
  /** How many records of the partition are not settled. */
  onLag: (records: number) => void;
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
  private readonly window = new Window();
  private readonly lanes: Lanes<Held>;
  private readonly committer: Committer;
  private readonly closing = new AbortController();
  private readonly pausedFor = new Set<PauseReason>();
  private note: Note = emptyNote();
  private endOffset = 0n;

  constructor(private readonly options: PartitionOptions) {
    this.lanes = new Lanes({
      lanesMax: LANES_MAX,
      work: (held, lane) => this.settle(held, lane),
      onParked: options.onParked,
    });
    this.committer = new Committer({
      commit: () => this.commit(),
      wait: (ms) => this.options.wait(ms, this.closing.signal),
      onError: (error) => this.options.onError(error, 'commit'),
    });
  }

  /**
   * Begins to work, on what was pushed before too.
   * @param note what the member before left, already taken over.
   */
  open(note: Note): void {
    if (this.closing.signal.aborted) return;
    this.note = note;
    this.suspectOrAcquit();
    this.lanes.open();
  }

  /** @param endOffset the offset the partition's next record will get. */
  push(records: KafkaRecord[], endOffset: bigint): void {
    if (this.closing.signal.aborted) return;
    this.endOffset = endOffset;
    const nowMs = this.options.now();
    for (const record of records) {
      this.lanes.push(laneOf(record), this.window.take(record, nowMs));
    }
    this.suspectOrAcquit();
    if (this.lanes.backlog >= BACKLOG_MAX) this.setPaused('backlog', true);
    this.setPaused('window_full', this.window.isFull(nowMs));
    this.reportLag();
  }

  setPaused(reason: PauseReason, isPaused: boolean): void {
    if (this.pausedFor.has(reason) === isPaused) return;
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
    this.closing.abort(new Error('the partition was closed'));
    await Promise.all([this.lanes.close(), this.committer.close()]);
    this.options.oneAtATime.acquit(this.options.name);
    delete this.note.holder;
    delete this.note.runsAlone;
    if (options.commit) await this.commit();
  }

  private async settle(held: Held, lane: Lane): Promise<void> {
    const { record } = held;
    const recordLane = this.laneFor(record, lane);
    while (!this.closing.signal.aborted) {
      try {
        await this.holdOnto();
        await this.options.settle(record, recordLane);
        return this.settled(held);
      } catch (error) {
        if (this.closing.signal.aborted) return;
        this.options.onError(error, 'settle');
        await recordLane
          .park((signal) => this.options.wait(RETRY_MS, signal))
          .catch(() => undefined);
      }
    }
  }

  private laneFor(record: KafkaRecord, lane: Lane): RecordLane {
    const { signal } = this.closing;
    const { attempts } = this.note;
    return {
      get attemptsBefore() {
        return attempts.get(record.offset) ?? 0;
      },
      park: async (wait) => {
        await lane.park(() => wait(signal));
        signal.throwIfAborted();
      },
      rememberAttempts: async (count) => {
        if (count === (attempts.get(record.offset) ?? 0)) return;
        if (count > 0) attempts.set(record.offset, count);
        else attempts.delete(record.offset);
        await this.committer.flush();
      },
      attempt: (run) => this.options.oneAtATime.run(() => this.attempt(record.offset, run)),
    };
  }

  // Before the first effect, so that a crash in it is seen by whoever comes next.
  private holding: Promise<void> | undefined;
  private async holdOnto(): Promise<void> {
    if (!this.holding) {
      this.note.holder = this.options.memberName;
      this.holding = this.committer.flush();
    }
    await this.holding;
  }

  private async attempt<Result>(offset: bigint, run: () => Promise<Result>): Promise<Result> {
    this.closing.signal.throwIfAborted();
    const { suspectedBelow } = this.note;
    if (suspectedBelow === undefined || offset >= suspectedBelow) return await run();
    assertMayRun(this.note, offset);
    this.note.runsAlone = offset;
    await this.committer.flush();
    try {
      return await run();
    } finally {
      delete this.note.runsAlone;
      // Waited for: a death after this must not be put down to this record.
      if (!this.closing.signal.aborted) await this.committer.flush();
    }
  }

  private settled(held: Held): void {
    if (this.window.settle(held) === 'moved') {
      this.note.takeovers = 0;
      this.suspectOrAcquit();
      this.committer.ask();
    }
    if (this.lanes.backlog <= BACKLOG_LOW) this.setPaused('backlog', false);
    this.setPaused('window_full', this.window.isFull(this.options.now()));
    this.reportLag();
  }

  private suspectOrAcquit(): void {
    const { suspectedBelow } = this.note;
    const { watermark } = this.window;
    if (suspectedBelow === undefined || watermark === undefined) return;
    // The killer had been fetched when it killed, so it is not past what was there then.
    if (watermark < suspectedBelow && watermark < this.endOffset) {
      this.options.oneAtATime.suspect(this.options.name);
    } else {
      delete this.note.suspectedBelow;
      this.options.oneAtATime.acquit(this.options.name);
    }
  }

  private async commit(): Promise<void> {
    const { watermark } = this.window;
    if (watermark === undefined) return;
    // Not when it is settled: until the watermark has passed a record, it may come again.
    forgetBelow(watermark, this.note.attempts);
    forgetBelow(watermark, this.note.deaths);
    await this.options.commit(watermark, encodeNote(this.note));
  }

  private reportLag(): void {
    this.options.onLag(Number(this.endOffset - (this.window.watermark ?? this.endOffset)));
  }
}

function forgetBelow(watermark: bigint, counts: Map<bigint, number>): void {
  for (const offset of counts.keys()) if (offset < watermark) counts.delete(offset);
}

// A record without a key belongs to nobody, so it waits for nobody.
function laneOf({ key, offset }: KafkaRecord): string {
  return key === null ? `offset ${offset}` : `key ${key.toString('latin1')}`;
}

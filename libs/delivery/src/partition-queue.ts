import type { KafkaRecord } from './kafka-record.js';

export interface PartitionQueueOptions {
  /** Settles one record. A rejection means it is not settled: it is delivered again after a wait. */
  settle: (record: KafkaRecord) => Promise<void>;
  /** @param nextOffset everything below is settled. */
  commit: (nextOffset: bigint) => Promise<void>;
  /** Rejects when the queue was closed meanwhile. */
  wait: (ms: number) => Promise<void>;
  onFull: () => void;
  onRoom: () => void;
  /** How many records of the partition are not settled. */
  onLag: (records: number) => void;
  onError: (error: unknown, what: 'settle' | 'commit') => void;
  /** Nothing is settled before this resolves. */
  after: Promise<void>;
}

/** Records held before fetching the partition is paused, and the level at which it resumes. */
export const QUEUE_MAX = 1_000;
export const QUEUE_LOW = QUEUE_MAX / 2;
const RETRY_WAIT_MS = 1_000;

/**
 * The records of one partition during one assignment: settled one after the other, in order, so the
 * head is always the first unsettled one. Commits follow it and never overtake it.
 */
export class PartitionQueue {
  private readonly records: KafkaRecord[] = [];
  private endOffset = 0n;
  private nextOffset: bigint | undefined;
  private committed: bigint | undefined;
  private isFull = false;
  private isClosed = false;
  private isWorking = false;
  private isCommitting = false;
  private work: Promise<void> = Promise.resolve();
  private commits: Promise<void> = Promise.resolve();

  constructor(private readonly options: PartitionQueueOptions) {}

  /** @param endOffset the offset the partition's next record will get. */
  push(records: KafkaRecord[], endOffset: bigint): void {
    if (this.isClosed) return;
    this.records.push(...records);
    this.endOffset = endOffset;
    if (!this.isFull && this.records.length >= QUEUE_MAX) {
      this.isFull = true;
      this.options.onFull();
    }
    this.reportLag();
    if (!this.isWorking) this.work = this.settleAll();
  }

  /**
   * Takes no more, lets the running effect finish, and with `commit` writes down how far it came.
   * A partition that went to another member must not be committed: theirs is the truth now.
   */
  async close(options: { commit: boolean }): Promise<void> {
    this.isClosed = true;
    await this.work;
    await this.commits;
    if (options.commit && this.nextOffset !== undefined && this.nextOffset !== this.committed) {
      await this.options.commit(this.nextOffset);
    }
  }

  private async settleAll(): Promise<void> {
    this.isWorking = true;
    await this.options.after;
    for (let record = this.records[0]; record && !this.isClosed; record = this.records[0]) {
      if ((await this.settle(record)) === 'unsettled') continue;
      this.records.shift();
      this.nextOffset = record.offset + 1n;
      this.reportLag();
      if (this.isFull && this.records.length <= QUEUE_LOW) {
        this.isFull = false;
        this.options.onRoom();
      }
      if (!this.isCommitting) this.commits = this.commitAll();
    }
    // In the same turn as the loop's last look: a record pushed in between would wait for ever.
    this.isWorking = false;
  }

  private async settle(record: KafkaRecord): Promise<'settled' | 'unsettled'> {
    try {
      await this.options.settle(record);
      return 'settled';
    } catch (error) {
      if (this.isClosed) return 'unsettled';
      this.options.onError(error, 'settle');
      await this.waitBeforeRetry();
      return 'unsettled';
    }
  }

  /** One commit at a time; what is settled meanwhile goes with the next one. */
  private async commitAll(): Promise<void> {
    this.isCommitting = true;
    while (!this.isClosed && this.nextOffset !== undefined && this.nextOffset !== this.committed) {
      const reached = this.nextOffset;
      try {
        await this.options.commit(reached);
        this.committed = reached;
      } catch (error) {
        this.options.onError(error, 'commit');
        await this.waitBeforeRetry();
      }
    }
    this.isCommitting = false;
  }

  private async waitBeforeRetry(): Promise<void> {
    try {
      await this.options.wait(RETRY_WAIT_MS);
    } catch (calledOff) {
      // Only closing ends this wait early, and the loops above look at that next.
      if (!this.isClosed) throw calledOff;
    }
  }

  private reportLag(): void {
    const head = this.records[0]?.offset ?? this.nextOffset ?? this.endOffset;
    this.options.onLag(Number(this.endOffset - head));
  }
}

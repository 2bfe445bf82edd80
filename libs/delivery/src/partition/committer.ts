import { Cancelled } from '../failure.js';

export interface CommitterOptions {
  /** Commits the watermark and metadata of the moment of the call. */
  commit: () => Promise<void>;
  /** Rejects when the partition was closed meanwhile. */
  wait: (ms: number) => Promise<void>;
  /** Milliseconds of one clock for all partitions of this process. */
  now: () => number;
  onError: (error: unknown) => void;
}

/**
 * The longest delay until a moved watermark is committed. After kill -9, Kafka redelivers from
 * there. All partitions commit at the same multiples of it, so that they share one request.
 */
const COMMIT_EVERY_MS = 500;
const RETRY_MS = 1_000;

/**
 * Commits the offset of one partition, one commit after the other. A completed record only asks for
 * a commit, and many records share one. `flush` waits for a commit, for state that must be durable.
 * Only completed records are committed, so delivery is at-least-once. A commit before the effect
 * would be at-most-once.
 */
export class Committer {
  private asked = 0;
  private committed = 0;
  private isCommitting = false;
  private isUrgent = false;
  private isClosed = false;
  private hurry: () => void = () => undefined;
  private work: Promise<void> = Promise.resolve();
  private waiting: { number: number; resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(private readonly options: CommitterOptions) {}

  /** Asks for a commit within COMMIT_EVERY_MS. */
  ask(): void {
    this.asked += 1;
    this.start();
  }

  /**
   * Commits now. Resolves when a commit has succeeded that began after this call.
   * @throws Cancelled when the partition is closed first.
   */
  async flush(): Promise<void> {
    if (this.isClosed) throw new Cancelled();
    this.asked += 1;
    this.isUrgent = true;
    const done = new Promise<void>((resolve, reject) => {
      this.waiting.push({ number: this.asked, resolve, reject });
    });
    this.hurry();
    this.start();
    await done;
  }

  /** Starts no more commits; resolves when the running commit has ended. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.hurry();
    this.waiting.splice(0).forEach(({ reject }) => reject(new Cancelled()));
    await this.work;
  }

  private start(): void {
    if (!this.isCommitting && !this.isClosed) this.work = this.commitAll();
  }

  private async commitAll(): Promise<void> {
    this.isCommitting = true;
    while (this.committed < this.asked && !this.isClosed) {
      if (!this.isUrgent) await this.pauseFor(this.msToNextCommit());
      if (this.isClosed) break;
      this.isUrgent = false;
      const upTo = this.asked;
      try {
        await this.options.commit();
        this.committed = upTo;
        this.resolveWaiting();
      } catch (error) {
        this.options.onError(error);
        await this.pauseFor(RETRY_MS);
        this.isUrgent = true;
      }
    }
    this.isCommitting = false;
  }

  private msToNextCommit(): number {
    return COMMIT_EVERY_MS - (Math.floor(this.options.now()) % COMMIT_EVERY_MS);
  }

  private resolveWaiting(): void {
    const isDone = ({ number }: { number: number }) => number <= this.committed;
    const done = this.waiting.filter(isDone);
    this.waiting = this.waiting.filter((one) => !isDone(one));
    done.forEach(({ resolve }) => resolve());
  }

  /** Ends early when a flush is requested or the partition is closed. */
  private async pauseFor(ms: number): Promise<void> {
    const hurried = new Promise<void>((resolve) => (this.hurry = resolve));
    // The wait rejects only when the partition closes. The loop checks that next.
    await Promise.race([this.options.wait(ms).catch(() => undefined), hurried]);
  }
}

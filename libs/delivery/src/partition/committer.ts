import { CalledOff } from '../failure.js';

export interface CommitterOptions {
  /** Commits what is true when it is called. */
  commit: () => Promise<void>;
  /** Rejects when the partition was closed meanwhile. */
  wait: (ms: number) => Promise<void>;
  onError: (error: unknown) => void;
}

/** What kill -9 can make come again is at most what was settled in this time. */
export const COMMIT_EVERY_MS = 200;
const RETRY_MS = 1_000;

/**
 * Commits one partition, one commit after the other. Settling a record only asks for a commit, and many
 * share one; what has to be durable before something else happens waits for it.
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

  /** Soon. */
  ask(): void {
    this.asked += 1;
    this.start();
  }

  /**
   * Now: resolves when a commit has succeeded that began after this call.
   * @throws CalledOff when the partition is closed first.
   */
  async flush(): Promise<void> {
    if (this.isClosed) throw new CalledOff();
    this.asked += 1;
    this.isUrgent = true;
    const done = new Promise<void>((resolve, reject) => {
      this.waiting.push({ number: this.asked, resolve, reject });
    });
    this.hurry();
    this.start();
    await done;
  }

  /** Commits no more by itself; resolves when the commit under way is over. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.hurry();
    this.waiting.splice(0).forEach(({ reject }) => reject(new CalledOff()));
    await this.work;
  }

  private start(): void {
    if (!this.isCommitting && !this.isClosed) this.work = this.commitAll();
  }

  private async commitAll(): Promise<void> {
    this.isCommitting = true;
    while (this.committed < this.asked && !this.isClosed) {
      if (!this.isUrgent) await this.pauseFor(COMMIT_EVERY_MS);
      if (this.isClosed) break;
      this.isUrgent = false;
      const upTo = this.asked;
      try {
        await this.options.commit();
        this.committed = upTo;
        this.tellWaiting();
      } catch (error) {
        this.options.onError(error);
        await this.pauseFor(RETRY_MS);
        this.isUrgent = true;
      }
    }
    this.isCommitting = false;
  }

  private tellWaiting(): void {
    const isDone = ({ number }: { number: number }) => number <= this.committed;
    const done = this.waiting.filter(isDone);
    this.waiting = this.waiting.filter((one) => !isDone(one));
    done.forEach(({ resolve }) => resolve());
  }

  /** Ends early when somebody is in a hurry, or the partition is closed. */
  private async pauseFor(ms: number): Promise<void> {
    const hurried = new Promise<void>((resolve) => (this.hurry = resolve));
    // Only closing makes the wait reject, and the loop looks at that next.
    await Promise.race([this.options.wait(ms).catch(() => undefined), hurried]);
  }
}

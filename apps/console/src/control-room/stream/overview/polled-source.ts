import { withTimeout } from '@effectively-once/timing';

/** A source that does not answer in this time has no value. */
export const SOURCE_TIMEOUT_MS = 1_000;

export interface SourceOptions<Value> {
  read: (nowMs: number) => Promise<Value>;
  /** A younger value is not read again. */
  everyMs: number;
  now: () => number;
}

/**
 * One thing that the overview is made of. It holds the last value, and none from the moment on that
 * a read has failed: an old number would lie.
 */
export class PolledSource<Value> {
  private latest: Value | undefined;
  private startedAtMs = -Infinity;
  private isReading = false;
  private settled: Promise<void> = Promise.resolve();

  constructor(private readonly options: SourceOptions<Value>) {}

  get value(): Value | null {
    return this.latest ?? null;
  }

  /** Resolves when the value is as new as it should be, or unknown. It never rejects. */
  async refresh(): Promise<void> {
    const { now, everyMs } = this.options;
    // A read that does not end must not be followed by more of them.
    if (!this.isReading && now() - this.startedAtMs >= everyMs) this.start();
    await this.settled;
  }

  forget(): void {
    this.latest = undefined;
    this.startedAtMs = -Infinity;
  }

  private start(): void {
    const { read, now } = this.options;
    this.startedAtMs = now();
    this.isReading = true;
    const reading = read(this.startedAtMs);
    const ended = () => void (this.isReading = false);
    reading.then(ended, ended);
    this.settled = withTimeout(reading, SOURCE_TIMEOUT_MS).then(
      (value) => void (this.latest = value),
      () => void (this.latest = undefined),
    );
  }
}

import type { KafkaRecord } from '@effectively-once/kafka';

/**
 * What a partition may hold between its watermark and what was fetched last. Beyond it, fetching the
 * partition is paused until the oldest record is settled.
 */
export const WINDOW_RECORDS_MAX = 20_000;
export const WINDOW_BYTES_MAX = 32 * 1024 * 1024;
export const WINDOW_AGE_MAX_MS = 120_000;

/** A record between being fetched and being below the watermark. */
export interface Held {
  record: KafkaRecord;
  bytes: number;
  takenAtMs: number;
  isSettled: boolean;
}

/**
 * The records of a partition from the first unsettled one on, in offset order. They settle in any order;
 * the watermark is the first offset that is not settled, and only it may be committed.
 */
export class Window {
  private held: Held[] = [];
  private first = 0;
  private bytes = 0;
  private passed: bigint | undefined;
  private ageFromMs = 0;

  /** The first offset that is not settled; undefined while the partition has shown no record at all. */
  get watermark(): bigint | undefined {
    return this.oldest?.record.offset ?? this.passed;
  }

  /** When the first record that is not settled came into its topic; undefined when all are. */
  get unsettledSinceMs(): number | undefined {
    return this.oldest?.record.timestampMs;
  }

  get size(): number {
    return this.held.length - this.first;
  }

  take(record: KafkaRecord, nowMs: number): Held {
    const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
    const held = { record, bytes, takenAtMs: nowMs, isSettled: false };
    this.held.push(held);
    this.bytes += bytes;
    return held;
  }

  /** @returns whether the watermark moved. */
  settle(held: Held): 'moved' | 'stays' {
    if (held.isSettled) throw new Error(`offset ${held.record.offset} was settled before`);
    held.isSettled = true;
    if (held !== this.oldest) return 'stays';
    for (let oldest = this.oldest; oldest?.isSettled; oldest = this.oldest) {
      this.passed = oldest.record.offset + 1n;
      this.bytes -= oldest.bytes;
      this.first += 1;
    }
    this.forgetPassed();
    return 'moved';
  }

  isFull(nowMs: number): boolean {
    const { oldest } = this;
    if (!oldest) return false;
    return (
      this.size >= WINDOW_RECORDS_MAX ||
      this.bytes >= WINDOW_BYTES_MAX ||
      nowMs - Math.max(oldest.takenAtMs, this.ageFromMs) >= WINDOW_AGE_MAX_MS
    );
  }

  /** What is held has waited for a dependency, not for its oldest record: ages count from here. */
  forgiveAge(nowMs: number): void {
    this.ageFromMs = nowMs;
  }

  private get oldest(): Held | undefined {
    return this.held[this.first];
  }

  // Now and then, and all at once: removing each from the front would copy the rest each time.
  private forgetPassed(): void {
    if (this.first < 1_024 && this.first < this.held.length) return;
    this.held = this.held.slice(this.first);
    this.first = 0;
  }
}

/**
 * Whether the window holds everything that comes in while one record uses up all its attempts: as long
 * as it does, a record that fails delays nobody.
 *
 * @throws Error with the sum, when it does not.
 */
export function assertWindowCovers(rated: {
  recordsPerSecondPerPartition: number;
  backOffSumMs: number;
  attemptsMax: number;
  effectTimeoutMs: number;
}): void {
  const longestMs = rated.backOffSumMs + rated.attemptsMax * rated.effectTimeoutMs;
  const records = Math.ceil((rated.recordsPerSecondPerPartition * longestMs) / 1_000);
  if (records <= WINDOW_RECORDS_MAX && longestMs <= WINDOW_AGE_MAX_MS) return;
  throw new Error(
    `a record may fail for ${longestMs} ms, in which ${records} others come in: ` +
      `more than a window of ${WINDOW_RECORDS_MAX} records and ${WINDOW_AGE_MAX_MS} ms holds`,
  );
}

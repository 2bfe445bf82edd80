import type { KafkaRecord } from '@effectively-once/kafka';

/**
 * The in-flight limit of a partition: records between its watermark and the last fetch. At the
 * limit the consumer pauses fetching of the partition until its oldest record is complete
 * (backpressure).
 */
export const IN_FLIGHT_RECORDS_MAX = 20_000;
export const IN_FLIGHT_BYTES_MAX = 32 * 1024 * 1024;
export const IN_FLIGHT_AGE_MAX_MS = 120_000;

/** A fetched record that is not yet below the watermark. */
export interface BufferedRecord {
  record: KafkaRecord;
  bytes: number;
  takenAtMs: number;
  isComplete: boolean;
}

/**
 * The fetched records of a partition in offset order, from the first incomplete one on. Records
 * complete in any order. The watermark (low watermark, committable offset) is the first offset that
 * is not complete. Only the watermark may be committed.
 */
export class OffsetTracker {
  private buffered: BufferedRecord[] = [];
  private first = 0;
  private bytes = 0;
  private passed: bigint | undefined;
  private ageFromMs = 0;

  /** The first offset that is not complete; undefined before the partition's first record. */
  get watermark(): bigint | undefined {
    return this.oldest?.record.offset ?? this.passed;
  }

  /** The Kafka timestamp of the first incomplete record; undefined when all are complete. */
  get incompleteSinceMs(): number | undefined {
    return this.oldest?.record.timestampMs;
  }

  get size(): number {
    return this.buffered.length - this.first;
  }

  take(record: KafkaRecord, nowMs: number): BufferedRecord {
    const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
    const buffered = { record, bytes, takenAtMs: nowMs, isComplete: false };
    this.buffered.push(buffered);
    this.bytes += bytes;
    return buffered;
  }

  /** @returns whether the watermark moved. */
  complete(buffered: BufferedRecord): 'moved' | 'stays' {
    if (buffered.isComplete)
      throw new Error(`offset ${buffered.record.offset} is complete already`);
    buffered.isComplete = true;
    if (buffered !== this.oldest) return 'stays';
    for (let oldest = this.oldest; oldest?.isComplete; oldest = this.oldest) {
      this.passed = oldest.record.offset + 1n;
      this.bytes -= oldest.bytes;
      this.first += 1;
    }
    this.dropPassed();
    return 'moved';
  }

  isFull(nowMs: number): boolean {
    const { oldest } = this;
    if (!oldest) return false;
    return (
      this.size >= IN_FLIGHT_RECORDS_MAX ||
      this.bytes >= IN_FLIGHT_BYTES_MAX ||
      nowMs - Math.max(oldest.takenAtMs, this.ageFromMs) >= IN_FLIGHT_AGE_MAX_MS
    );
  }

  /** The records waited for a dependency, not for the oldest record: count their age from now. */
  restartAge(nowMs: number): void {
    this.ageFromMs = nowMs;
  }

  private get oldest(): BufferedRecord | undefined {
    return this.buffered[this.first];
  }

  // In batches: to remove one record at the front copies all the others.
  private dropPassed(): void {
    if (this.first < 1_024 && this.first < this.buffered.length) return;
    this.buffered = this.buffered.slice(this.first);
    this.first = 0;
  }
}

/**
 * Checks that the in-flight limit holds all records that arrive while one record uses up its
 * attempts. As long as it does, a failing record delays no other user.
 *
 * @throws Error with the calculation, if it does not.
 */
export function assertInFlightLimitSuffices(rated: {
  recordsPerSecondPerPartition: number;
  backOffSumMs: number;
  attemptsMax: number;
  effectTimeoutMs: number;
}): void {
  const longestMs = rated.backOffSumMs + rated.attemptsMax * rated.effectTimeoutMs;
  const records = Math.ceil((rated.recordsPerSecondPerPartition * longestMs) / 1_000);
  if (records <= IN_FLIGHT_RECORDS_MAX && longestMs <= IN_FLIGHT_AGE_MAX_MS) return;
  throw new Error(
    `a record can fail for ${longestMs} ms, while ${records} others arrive: more than ` +
      `the in-flight limit of ${IN_FLIGHT_RECORDS_MAX} records and ${IN_FLIGHT_AGE_MAX_MS} ms`,
  );
}

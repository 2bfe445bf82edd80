import type { EventHeaders } from '@effectively-once/contracts';

/** A Kafka record. An offset is a bigint, because it can exceed the integers of a double. */
export interface KafkaRecord {
  topic: string;
  partition: number;
  offset: bigint;
  key: Buffer | null;
  value: Buffer | null;
  /** A repeated header has several values. */
  headers: Record<string, Buffer | Buffer[]>;
  timestampMs: number;
}

/** Offsets of one partition: `from` is included, `end` is not. */
export interface OffsetRange {
  from: bigint;
  end: bigint;
}

export interface TopicPartition {
  topic: string;
  partition: number;
}

/** Headers as text. Of a repeated header it takes the last value, as most Kafka clients do. */
export function headerTexts(record: Pick<KafkaRecord, 'headers'>): EventHeaders {
  return Object.fromEntries(
    Object.entries(record.headers).map(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      return [name, last?.toString('utf8')];
    }),
  );
}

/** The record's key is its user id. A lane keeps the order of one user's records. */
export function userOf({ key }: Pick<KafkaRecord, 'key'>): string {
  return key?.toString('utf8') ?? '';
}

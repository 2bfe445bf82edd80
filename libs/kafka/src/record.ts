import type { EventHeaders } from '@effectively-once/contracts';

/** A Kafka record as it lies in its partition. Offsets are bigint: they outgrow a double's integers. */
export interface KafkaRecord {
  topic: string;
  partition: number;
  offset: bigint;
  key: Buffer | null;
  value: Buffer | null;
  /** A header that occurs several times has several values. */
  headers: Record<string, Buffer | Buffer[]>;
  timestampMs: number;
}

export interface TopicPartition {
  topic: string;
  partition: number;
}

/** Headers as text; of a repeated one the last, as most Kafka clients read it. */
export function headerTexts(record: Pick<KafkaRecord, 'headers'>): EventHeaders {
  return Object.fromEntries(
    Object.entries(record.headers).map(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      return [name, last?.toString('utf8')];
    }),
  );
}

/** Whose record it is: the key is the user id, and its order is what a lane keeps. */
export function userOf({ key }: Pick<KafkaRecord, 'key'>): string {
  return key?.toString('utf8') ?? '';
}

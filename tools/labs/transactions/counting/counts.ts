import { decodePaymentCompleted, PoisonRecord } from '@effectively-once/contracts';
import {
  endOffsets,
  headerTexts,
  readTopic,
  type KafkaRecord,
  type OutgoingRecord,
} from '@effectively-once/kafka';

/** By `user|minute`, the minute as 2026-11-30T12:34. */
export type MinuteCounts = Map<string, number>;

const MINUTE = 'yyyy-mm-ddThh:mm'.length;

/** Undefined for a record that is no payment. It counts for no user. */
export function userMinuteOf(record: KafkaRecord): string | undefined {
  try {
    const { data } = decodePaymentCompleted({ ...record, headers: headerTexts(record) });
    return `${data.userId}|${data.completedAt.slice(0, MINUTE)}`;
  } catch (error) {
    if (error instanceof PoisonRecord) return undefined;
    throw error;
  }
}

export const asRecord =
  (partition: number) =>
  ([key, count]: [string, number]): OutgoingRecord => ({
    key: Buffer.from(key),
    value: Buffer.from(String(count)),
    partition,
  });

/** The committed counts of some partitions. The last record of a key is its count. */
export async function readCounts(options: {
  brokers: string[];
  clientId: string;
  topic: string;
  partitions: readonly number[];
}): Promise<Map<number, MinuteCounts>> {
  const { brokers, clientId, topic, partitions } = options;
  const ends = (await endOffsets({ brokers, clientId, topics: [topic] })).get(topic);
  const only = new Map(partitions.map((one) => [one, { from: 0n, end: ends?.get(one) ?? 0n }]));
  const counts = new Map<number, MinuteCounts>(partitions.map((one) => [one, new Map()]));
  const read = { brokers, clientId, topic, only, isolation: 'read_committed' as const };
  for await (const { partition, key, value } of readTopic(read)) {
    counts.get(partition)?.set(String(key), Number(value));
  }
  return counts;
}

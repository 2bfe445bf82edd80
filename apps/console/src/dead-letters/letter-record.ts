import {
  decodePaymentCompleted,
  deadLetterTopic,
  PoisonRecord,
  type ConsumerName,
} from '@effectively-once/contracts';
import { headerTexts, readTopic, type KafkaRecord } from '@effectively-once/kafka';
import type { DeadLetterDetail, ShownRecord } from '../control-room/wire/dead-letters.js';

/** Undefined if the record has left its topic. */
export type ReadLetter = (
  consumer: ConsumerName,
  at: Pick<DeadLetterDetail, 'dlqPartition' | 'dlqOffset'>,
) => Promise<KafkaRecord | undefined>;
export const READ_LETTER = Symbol('READ_LETTER');

export async function readLetter(
  connection: { brokers: string[]; clientId: string },
  consumer: ConsumerName,
  { dlqPartition, dlqOffset }: Parameters<ReadLetter>[1],
): Promise<KafkaRecord | undefined> {
  return await readRecord(connection, {
    topic: deadLetterTopic(consumer),
    partition: dlqPartition,
    offset: dlqOffset,
  });
}

/** Undefined if the record has left its topic. */
export async function readRecord(
  connection: { brokers: string[]; clientId: string },
  { topic, partition, offset }: { topic: string; partition: number; offset: string },
): Promise<KafkaRecord | undefined> {
  const from = BigInt(offset);
  const only = new Map([[partition, { from, end: from + 1n }]]);
  for await (const record of readTopic({ ...connection, topic, only })) return record;
  return undefined;
}

export function shown(record: KafkaRecord): ShownRecord {
  const headers = headerTexts(record);
  const { key, value, timestampMs } = record;
  const seen = {
    key: key && key.toString('utf8'),
    timestamp: timeOf(timestampMs),
    headers,
  };
  try {
    return { ...seen, event: decodePaymentCompleted({ key, value, headers }).data };
  } catch (error) {
    if (!(error instanceof PoisonRecord)) throw error;
    const { code, field, message } = error;
    const undecodable = { code, field, message };
    return { ...seen, undecodable, valueHex: value?.toString('hex') ?? '' };
  }
}

/** A producer may write any number as the timestamp. Most numbers are no date. */
function timeOf(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? String(ms) : time.toISOString();
}

import type { Batch, KafkaMessage } from 'kafkajs';
import type { KafkaRecord } from '../record.js';
import { byRecordBatch, endOf, type FetchedMessage } from './record-batches.js';

interface Fetched {
  records: KafkaRecord[];
  /** The offset after everything fetched, also after offsets that hold no record. */
  nextOffset: bigint;
}

/** What a consumer sees of transactions that are open or aborted: nothing, or everything. */
export type Isolation = 'read_committed' | 'read_uncommitted';

/** The records of one fetch, from its position on. */
export function fetchedRecords(batch: Batch, isolation: Isolation = 'read_uncommitted'): Fetched {
  const { topic, partition } = batch;
  // kafkajs has dropped the records of aborted transactions from `messages`.
  const committed = isolation === 'read_committed' ? new Set(batch.messages) : undefined;
  const fetched = batch as unknown as { rawMessages: FetchedMessage[]; fetchedOffset: string };
  const from = BigInt(fetched.fetchedOffset);
  const records: KafkaRecord[] = [];
  let nextOffset = from;
  for (const messages of byRecordBatch(fetched.rawMessages)) {
    for (const message of messages) {
      const offset = BigInt(message.offset);
      // A control record is the end of a transaction. It has an offset, and is not a record.
      if (message.isControlRecord === true || offset < from) continue;
      if (committed?.has(message) === false) continue;
      records.push(toRecord(topic, partition, message, offset));
    }
    const end = endOf(messages);
    if (end > nextOffset) nextOffset = end;
  }
  return { records, nextOffset };
}

const toRecord = (
  topic: string,
  partition: number,
  { key, value, headers, timestamp }: KafkaMessage,
  offset: bigint,
): KafkaRecord => ({
  topic,
  partition,
  offset,
  key,
  value,
  // kafkajs-fixes.ts has made them.
  headers: (headers ?? {}) as KafkaRecord['headers'],
  timestampMs: Number(timestamp),
});

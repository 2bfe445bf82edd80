import type { Batch, KafkaMessage } from 'kafkajs';
import type { KafkaRecord } from './record.js';

/** A message with the record batch it came in. kafkajs sets both, and declares neither. */
type FetchedMessage = KafkaMessage & {
  isControlRecord?: boolean;
  batchContext: { firstOffset: string; lastOffsetDelta: number };
};

interface Fetched {
  records: KafkaRecord[];
  /** The offset after everything fetched, also after offsets that hold no record. */
  nextOffset: bigint;
}

/** What a consumer sees of transactions that are open or aborted: nothing, or everything. */
export type Isolation = 'read_committed' | 'read_uncommitted';

/**
 * The records of one fetch with their true offsets. A producer may write any offset into a record
 * of an uncompressed batch, and the broker stores it. A reader that believes a too high one skips
 * the records behind it. The offsets of the batch are the broker's.
 */
export function fetchedRecords(batch: Batch, isolation: Isolation = 'read_uncommitted'): Fetched {
  const { topic, partition } = batch;
  // kafkajs has dropped the records of aborted transactions from `messages`.
  const committed = isolation === 'read_committed' ? new Set(batch.messages) : undefined;
  const fetched = batch as unknown as { rawMessages: FetchedMessage[]; fetchedOffset: string };
  const from = BigInt(fetched.fetchedOffset);
  const records: KafkaRecord[] = [];
  let nextOffset = from;
  for (const messages of byRecordBatch(fetched.rawMessages)) {
    const offsets = trueOffsets(messages);
    messages.forEach((message, index) => {
      const offset = offsets[index] ?? 0n;
      // A control record is the end of a transaction. It has an offset, and is not a record.
      if (message.isControlRecord === true || offset < from) return;
      if (committed?.has(message) === false) return;
      records.push(toRecord(topic, partition, message, offset));
    });
    const { firstOffset, lastOffsetDelta } = contextOf(messages);
    const end = BigInt(firstOffset) + BigInt(lastOffsetDelta) + 1n;
    if (end > nextOffset) nextOffset = end;
  }
  return { records, nextOffset };
}

function* byRecordBatch(messages: FetchedMessage[]): Generator<FetchedMessage[]> {
  let start = 0;
  for (let end = 1; end <= messages.length; end += 1) {
    if (messages[end]?.batchContext === messages[start]?.batchContext) continue;
    yield messages.slice(start, end);
    start = end;
  }
}

/** Compaction may leave holes between the offsets of a batch. Anything else wrong is forged. */
function trueOffsets(messages: FetchedMessage[]): bigint[] {
  const { firstOffset, lastOffsetDelta } = contextOf(messages);
  const first = BigInt(firstOffset);
  const offsets = messages.map(({ offset }) => BigInt(offset));
  const last = first + BigInt(lastOffsetDelta);
  const isTrue = offsets.every(
    (offset, index) => offset <= last && offset > (index === 0 ? first - 1n : offsets[index - 1]!),
  );
  return isTrue ? offsets : messages.map((_, index) => first + BigInt(index));
}

const contextOf = (messages: FetchedMessage[]) =>
  messages[0]?.batchContext ?? { firstOffset: '0', lastOffsetDelta: 0 };

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

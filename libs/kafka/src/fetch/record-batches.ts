import type { KafkaMessage } from 'kafkajs';

/** A message with the record batch it came in. kafkajs sets both, and declares neither. */
export type FetchedMessage = KafkaMessage & {
  isControlRecord?: boolean;
  batchContext: { firstOffset: string; lastOffsetDelta: number };
};

/** The messages of one fetch, by the record batch they came in. */
export function* byRecordBatch(messages: FetchedMessage[]): Generator<FetchedMessage[]> {
  let start = 0;
  for (let end = 1; end <= messages.length; end += 1) {
    if (messages[end]?.batchContext === messages[start]?.batchContext) continue;
    yield messages.slice(start, end);
    start = end;
  }
}

/** The offset after a record batch, also after offsets at its end that hold no record. */
export function endOf(messages: FetchedMessage[]): bigint {
  const { firstOffset, lastOffsetDelta } = contextOf(messages);
  return BigInt(firstOffset) + BigInt(lastOffsetDelta) + 1n;
}

/**
 * Gives the messages of one fetch their true offsets. A producer may write any offset into a record
 * of an uncompressed batch, and the broker stores it. The offsets of the batch are the broker's.
 * Compaction may leave holes between the offsets of a batch. Anything else wrong is forged.
 */
export function correctOffsets(messages: FetchedMessage[]): void {
  for (const batch of byRecordBatch(messages)) {
    const first = BigInt(contextOf(batch).firstOffset);
    if (isTrue(batch, first)) continue;
    batch.forEach((message, index) => (message.offset = (first + BigInt(index)).toString()));
  }
}

function isTrue(batch: FetchedMessage[], first: bigint): boolean {
  let before = first - 1n;
  for (const { offset } of batch) {
    const claimed = BigInt(offset);
    if (claimed <= before) return false;
    before = claimed;
  }
  return before < endOf(batch);
}

const contextOf = (messages: FetchedMessage[]) =>
  messages[0]?.batchContext ?? { firstOffset: '0', lastOffsetDelta: 0 };

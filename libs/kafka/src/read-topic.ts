import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Consumer } from 'kafkajs';
import type { KafkaRecord, OffsetRange } from './record.js';
import { withAdmin } from './admin.js';
import { FETCH_BYTES_MAX, kafkaClient, retryOf, type Connection } from './client.js';
import { fetchedRecords, type Isolation } from './fetch/fetched-batch.js';

const FETCH = { ...FETCH_BYTES_MAX, maxWaitTimeInMs: 100 };
// Batches that are fetched but not read yet. At this limit fetching waits: bounded memory.
const BATCHES_BUFFERED_MAX = 8;
const SILENCE_MAX_MS = 30_000;

interface TopicRead extends Connection {
  topic: string;
  only?: ReadonlyMap<number, OffsetRange>;
  isolation?: Isolation;
}

/**
 * Reads a topic from its beginning up to its end offsets at the time of the call. Records of
 * different partitions are mixed; records of one partition are in order. It uses its own consumer
 * group, deletes the group afterwards, and commits nothing. `only` limits the read to a range of
 * some partitions. It skips offsets of a range that are expired or not written yet. With
 * `read_committed` it waits for the transactions that are open.
 *
 * @throws Error when the broker goes silent for 30 s before the ends are reached.
 */
export async function* readTopic(options: TopicRead): AsyncGenerator<KafkaRecord> {
  const unread = await unreadPartitions(options);
  if (unread.size === 0) return;

  const groupId = `${options.clientId}.reader.${crypto.randomUUID()}`;
  const consumer = kafkaClient(options).consumer({
    groupId,
    retry: retryOf(options),
    ...FETCH,
    readUncommitted: options.isolation !== 'read_committed',
    allowAutoTopicCreation: false,
  });
  const batches = new PassThrough({ objectMode: true, highWaterMark: BATCHES_BUFFERED_MAX });
  // It may fail before anything reads it: while the group starts. The reader then meets the error.
  batches.on('error', () => undefined);
  const done = new AbortController();
  consumer.on(consumer.events.CRASH, ({ payload }) => batches.destroy(payload.error));
  // kafkajs does not hand over a fetch without records: the end of a transaction, for example.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const { partition, batchSize, lastOffset } = payload;
    if (batchSize > 0 || batches.destroyed) return;
    batches.write({ partition, records: [], nextOffset: BigInt(lastOffset) + 1n });
  });
  const silence = setTimeout(
    () => batches.destroy(new Error(`the broker sent nothing of ${options.topic} for 30 s`)),
    SILENCE_MAX_MS,
  );
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [options.topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      // kafkajs would continue after the last record: the last offsets may hold none.
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset }) => {
        const { partition } = batch;
        const fetched = fetchedRecords(batch, options.isolation);
        resolveOffset((fetched.nextOffset - 1n).toString());
        if (batches.destroyed || batches.write({ partition, ...fetched })) return;
        await once(batches, 'drain', { signal: done.signal }).catch(() => undefined);
      },
    });
    if (options.only) seekTo(consumer, options.topic, unread);
    for await (const fetched of batches as AsyncIterable<FetchedPart>) {
      silence.refresh();
      const range = unread.get(fetched.partition);
      if (!range) continue;
      for (const record of fetched.records) {
        if (record.offset < range.from || record.offset >= range.end) continue;
        range.from = record.offset + 1n;
        yield record;
      }
      // Not by the last record: the last offsets before the end may hold none.
      if (fetched.nextOffset >= range.end) unread.delete(fetched.partition);
      if (unread.size === 0) return;
    }
  } finally {
    clearTimeout(silence);
    done.abort();
    batches.destroy();
    await tidyUp(consumer, options, groupId).catch(() => undefined);
  }
}

/**
 * A failure here would hide why the read failed. The broker removes an empty group without commits
 * by itself, only later.
 */
async function tidyUp(consumer: Consumer, options: TopicRead, groupId: string): Promise<void> {
  await consumer.disconnect();
  await withAdmin(options, (admin) => admin.deleteGroups([groupId]));
}

interface FetchedPart extends ReturnType<typeof fetchedRecords> {
  partition: number;
}

/** kafkajs accepts a seek only after `run`. The reader skips what was fetched before the seek. */
function seekTo(consumer: Consumer, topic: string, ranges: ReadonlyMap<number, OffsetRange>): void {
  for (const [partition, { from }] of ranges) {
    consumer.seek({ topic, partition, offset: from.toString() });
  }
}

/** The range to read of each partition, without empty ranges. */
async function unreadPartitions({ only, ...options }: TopicRead) {
  const offsets = await withAdmin(options, (admin) => admin.fetchTopicOffsets(options.topic));
  const unread = new Map<number, OffsetRange>();
  for (const { partition, high, low } of offsets) {
    const wanted = only ? only.get(partition) : { from: 0n, end: BigInt(high) };
    if (!wanted) continue;
    const from = wanted.from > BigInt(low) ? wanted.from : BigInt(low);
    const end = wanted.end < BigInt(high) ? wanted.end : BigInt(high);
    if (from < end) unread.set(partition, { from, end });
  }
  return unread;
}

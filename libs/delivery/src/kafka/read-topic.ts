import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { KafkaRecord } from '../kafka-record.js';
import { withAdmin } from './admin.js';
import { kafkaClient, RETRY, toRecord, type Connection } from './client.js';

const FETCH_WAIT_MAX_MS = 100;
// Batches fetched but not yet read; past this the fetching waits, so memory stays bounded.
const BATCHES_BUFFERED_MAX = 8;
const SILENCE_MAX_MS = 30_000;

/**
 * Reads a topic from its beginning up to the ends known when the call was made: partitions mixed,
 * each in order. Belongs to a group of its own that it deletes, and commits nothing.
 *
 * @throws Error when the broker goes silent for 30 s before the ends are reached.
 */
export async function* readTopic(
  options: Connection & { topic: string },
): AsyncGenerator<KafkaRecord> {
  const unread = await unreadPartitions(options);
  if (unread.size === 0) return;

  const groupId = `${options.clientId}.reader.${crypto.randomUUID()}`;
  const consumer = kafkaClient(options).consumer({
    groupId,
    retry: RETRY,
    maxWaitTimeInMs: FETCH_WAIT_MAX_MS,
    allowAutoTopicCreation: false,
  });
  const batches = new PassThrough({ objectMode: true, highWaterMark: BATCHES_BUFFERED_MAX });
  const done = new AbortController();
  consumer.on(consumer.events.CRASH, ({ payload }) => batches.destroy(payload.error));
  const silence = setTimeout(
    () => batches.destroy(new Error(`the broker sent nothing of ${options.topic} for 30 s`)),
    SILENCE_MAX_MS,
  );
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [options.topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const { topic, partition, messages } = batch;
        const records = messages.map((message) => toRecord(topic, partition, message));
        if (batches.destroyed || batches.write(records)) return;
        await once(batches, 'drain', { signal: done.signal }).catch(() => undefined);
      },
    });
    for await (const records of batches as AsyncIterable<KafkaRecord[]>) {
      silence.refresh();
      for (const record of records) {
        const end = unread.get(record.partition);
        if (end === undefined || record.offset >= end) continue;
        if (record.offset + 1n >= end) unread.delete(record.partition);
        yield record;
      }
      if (unread.size === 0) return;
    }
  } finally {
    clearTimeout(silence);
    done.abort();
    batches.destroy();
    await consumer.disconnect();
    await withAdmin(options, (admin) => admin.deleteGroups([groupId]));
  }
}

/** partition → end offset, of the partitions that hold anything. */
async function unreadPartitions(options: Connection & { topic: string }) {
  const offsets = await withAdmin(options, (admin) => admin.fetchTopicOffsets(options.topic));
  return new Map(
    offsets
      .filter(({ high, low }) => BigInt(high) > BigInt(low))
      .map(({ partition, high }) => [partition, BigInt(high)]),
  );
}

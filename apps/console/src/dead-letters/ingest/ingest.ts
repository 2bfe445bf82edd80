import { CONSUMERS, deadLetterTopic, type ConsumerName } from '@effectively-once/contracts';
import { readTopic, readTopicNow, type OffsetRange } from '@effectively-once/kafka';
import { parseDeadLetter, type ParsedDeadLetter } from './parsed-dead-letter.js';
import type { IngestedDeadLetters, IngestedPosition } from './ingested-dead-letters.js';
import { noticeMadeAnew, type MadeAnew } from './made-anew.js';

const BATCH_RECORDS = 500;

export interface IngestOptions {
  connection: { brokers: string[]; clientId: string };
  ingested: IngestedDeadLetters;
  /** Called before and after each pass with the number of records that are not ingested. */
  onLag: (consumer: ConsumerName, records: number) => void;
  /** Called with the number of records that left the topic before the console ingested them. */
  onMissed: (consumer: ConsumerName, records: number) => void;
  /** Called for each partition that was made anew. */
  onMadeAnew: (consumer: ConsumerName, partition: MadeAnew) => void;
  read?: typeof readTopic;
  topicOf?: (consumer: ConsumerName) => string;
}

/**
 * Ingests the records of the dead letter topics (dead letter queue) since the last pass:
 *
 *   positions (database) ──► made anew? ── yes ──► the first offset again, as a new incarnation
 *            └─ no ──► records up to the end (Kafka) ──► rows and positions, one transaction
 *
 * An unreadable topic does not delay the others.
 *
 * @throws AggregateError with the errors, after the other topics are done.
 */
export async function ingest(options: IngestOptions): Promise<void> {
  const outcomes = await Promise.allSettled(
    CONSUMERS.map((consumer) => ingestTopic(consumer, options)),
  );
  const errors = outcomes.flatMap((one) =>
    one.status === 'rejected' ? [one.reason as Error] : [],
  );
  if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
}

async function ingestTopic(consumer: ConsumerName, options: IngestOptions): Promise<void> {
  const { connection, ingested, onLag, onMissed, onMadeAnew } = options;
  const { read = readTopic, topicOf = deadLetterTopic } = options;
  const topic = topicOf(consumer);
  const now = await readTopicNow({ ...connection, topic });
  const anew = await noticeMadeAnew({ consumer, topic, now, ingested });
  for (const partition of anew) onMadeAnew(consumer, partition);
  const positions = await ingested.positions(consumer);
  const only = rangesToRead(positions, now.ends);
  const lag = [...only.values()].reduce((sum, { from, end }) => sum + (end - from), 0n);
  onLag(consumer, Number(lag));
  if (lag === 0n) return;
  let batch: ParsedDeadLetter[] = [];
  let found = 0;
  const next = new Map<number, bigint>();
  const flush = async () => {
    // Made anew after the positions were compared: these can be records of the new topic.
    const { id } = await readTopicNow({ ...connection, topic });
    if (id !== now.id) throw new Error(`${topic} was made anew while it was ingested`);
    await ingested.add(consumer, batch, { next, topicId: now.id, since: positions });
    batch = [];
  };
  for await (const record of read({ ...connection, topic, only })) {
    found += 1;
    batch.push(parseDeadLetter(record, consumer));
    next.set(record.partition, record.offset + 1n);
    if (batch.length >= BATCH_RECORDS) await flush();
  }
  // Skip the offsets of records that expired before they were ingested. Otherwise the lag never
  // ends.
  for (const [partition, { end }] of only) next.set(partition, end);
  await flush();
  if (found < Number(lag)) onMissed(consumer, Number(lag) - found);
  onLag(consumer, 0);
}

function rangesToRead(
  positions: ReadonlyMap<number, IngestedPosition>,
  ends: ReadonlyMap<number, bigint>,
): Map<number, OffsetRange> {
  const ranges = new Map<number, OffsetRange>();
  for (const [partition, end] of ends) {
    const from = positions.get(partition)?.next ?? 0n;
    if (from < end) ranges.set(partition, { from, end });
  }
  return ranges;
}

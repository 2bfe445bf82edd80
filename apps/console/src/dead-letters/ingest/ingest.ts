import { CONSUMERS, deadLetterTopic, type ConsumerName } from '@effectively-once/contracts';
import { endOffsets, readTopic, type OffsetRange } from '@effectively-once/kafka';
import { parseDeadLetter, type ParsedDeadLetter } from './parsed-dead-letter.js';
import type { IngestedDeadLetters } from './ingested-dead-letters.js';

const BATCH_RECORDS = 500;

export interface IngestOptions {
  connection: { brokers: string[]; clientId: string };
  ingested: IngestedDeadLetters;
  /** Called before and after each pass with the number of records that are not ingested. */
  onLag: (consumer: ConsumerName, records: number) => void;
  /** Called with the number of records that left the topic before the console ingested them. */
  onMissed: (consumer: ConsumerName, records: number) => void;
  read?: typeof readTopic;
}

/**
 * Ingests the records of the dead letter topics (dead letter queue) since the last pass:
 *
 *   positions (database) ──► records up to the end (Kafka) ──► rows and positions, one transaction
 *
 * An unreadable topic does not delay the others.
 *
 * @throws AggregateError with the errors, after the other topics are done.
 */
export async function ingest(options: IngestOptions): Promise<void> {
  const { connection } = options;
  const ends = await endOffsets({ ...connection, topics: CONSUMERS.map(deadLetterTopic) });
  const outcomes = await Promise.allSettled(
    CONSUMERS.map((consumer) =>
      ingestTopic(consumer, ends.get(deadLetterTopic(consumer)) ?? new Map(), options),
    ),
  );
  const errors = outcomes.flatMap((one) =>
    one.status === 'rejected' ? [one.reason as Error] : [],
  );
  if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
}

async function ingestTopic(
  consumer: ConsumerName,
  ends: ReadonlyMap<number, bigint>,
  { connection, ingested, onLag, onMissed, read = readTopic }: IngestOptions,
): Promise<void> {
  const only = rangesToRead(await ingested.positions(consumer), ends);
  const lag = [...only.values()].reduce((sum, { from, end }) => sum + (end - from), 0n);
  onLag(consumer, Number(lag));
  if (lag === 0n) return;
  let batch: ParsedDeadLetter[] = [];
  let found = 0;
  const positions = new Map<number, bigint>();
  const flush = async () => {
    await ingested.add(consumer, batch, positions);
    batch = [];
  };
  for await (const record of read({ ...connection, topic: deadLetterTopic(consumer), only })) {
    found += 1;
    batch.push(parseDeadLetter(record, consumer));
    positions.set(record.partition, record.offset + 1n);
    if (batch.length >= BATCH_RECORDS) await flush();
  }
  // Skip the offsets of records that expired before they were ingested. Otherwise the lag never
  // ends.
  for (const [partition, { end }] of only) positions.set(partition, end);
  await flush();
  if (found < Number(lag)) onMissed(consumer, Number(lag) - found);
  onLag(consumer, 0);
}

function rangesToRead(
  positions: ReadonlyMap<number, bigint>,
  ends: ReadonlyMap<number, bigint>,
): Map<number, OffsetRange> {
  const ranges = new Map<number, OffsetRange>();
  for (const [partition, end] of ends) {
    const from = positions.get(partition) ?? 0n;
    // The topic was created again: its offsets, and so the ids, now belong to other records.
    if (end < from) throw new Error(`partition ${partition} ends before the ingested position`);
    if (from < end) ranges.set(partition, { from, end });
  }
  return ranges;
}

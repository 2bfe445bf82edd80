import { CONSUMERS, deadLetterTopic, type ConsumerName } from '@effectively-once/contracts';
import { endOffsets, readTopic, type OffsetRange } from '@effectively-once/kafka';
import { describeDeadLetter, type Described } from './parsed.js';
import type { TakenIn } from './ingested.js';

const BATCH_RECORDS = 500;

export interface IntakeOptions {
  connection: { brokers: string[]; clientId: string };
  takenIn: TakenIn;
  /** Told before and after each pass how many records are still to be taken in. */
  onLag: (consumer: ConsumerName, records: number) => void;
  /** Told of records that left the topic before they were taken in: a console away for 30 days. */
  onMissed: (consumer: ConsumerName, records: number) => void;
  read?: typeof readTopic;
}

/**
 * Takes in what has come to the dead-letter topics since the last pass:
 *
 *   positions (database) ──► records from there to the end (Kafka) ──► rows and positions, in one transaction
 *
 * A topic that cannot be read does not hold up the others.
 *
 * @throws AggregateError of what went wrong, when the others are done.
 */
export async function takeIn(options: IntakeOptions): Promise<void> {
  const { connection } = options;
  const ends = await endOffsets({ ...connection, topics: CONSUMERS.map(deadLetterTopic) });
  const outcomes = await Promise.allSettled(
    CONSUMERS.map((consumer) =>
      takeInOf(consumer, ends.get(deadLetterTopic(consumer)) ?? new Map(), options),
    ),
  );
  const errors = outcomes.flatMap((one) =>
    one.status === 'rejected' ? [one.reason as Error] : [],
  );
  if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
}

async function takeInOf(
  consumer: ConsumerName,
  ends: ReadonlyMap<number, bigint>,
  { connection, takenIn, onLag, onMissed, read = readTopic }: IntakeOptions,
): Promise<void> {
  const only = rangesToRead(await takenIn.positions(consumer), ends);
  const lag = [...only.values()].reduce((sum, { from, end }) => sum + (end - from), 0n);
  onLag(consumer, Number(lag));
  if (lag === 0n) return;
  let batch: Described[] = [];
  let there = 0;
  const positions = new Map<number, bigint>();
  const flush = async () => {
    await takenIn.take(consumer, batch, positions);
    batch = [];
  };
  for await (const record of read({ ...connection, topic: deadLetterTopic(consumer), only })) {
    there += 1;
    batch.push(describeDeadLetter(record, consumer));
    positions.set(record.partition, record.offset + 1n);
    if (batch.length >= BATCH_RECORDS) await flush();
  }
  // What had aged out before it was taken in does not come any more: without this it would be awaited.
  for (const [partition, { end }] of only) positions.set(partition, end);
  await flush();
  if (there < Number(lag)) onMissed(consumer, Number(lag) - there);
  onLag(consumer, 0);
}

function rangesToRead(
  positions: ReadonlyMap<number, bigint>,
  ends: ReadonlyMap<number, bigint>,
): Map<number, OffsetRange> {
  const ranges = new Map<number, OffsetRange>();
  for (const [partition, end] of ends) {
    const from = positions.get(partition) ?? 0n;
    // Below what was taken in once, these are not the records of then, and their ids mean others.
    if (end < from) throw new Error(`partition ${partition} ends before what was taken in of it`);
    if (from < end) ranges.set(partition, { from, end });
  }
  return ranges;
}

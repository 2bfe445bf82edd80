import {
  CE_HEADERS,
  CONSUMERS,
  deadLetterTopic,
  PARTITIONS,
  PAYMENT_COMPLETED,
  redriveTopic,
} from '@effectively-once/contracts';
import {
  headerTexts,
  partitionOf,
  rangesSince,
  readTopic,
  type KafkaRecord,
  type OffsetRange,
} from '@effectively-once/kafka';
import type { FactOf } from '../evidence/facts.js';
import { connection, deadLetterFacts, parseRecord, redriveFacts } from '../stores/kafka.js';

// At 115 payments a second one partition gets 20 records a second.
const RECORDS_MAX = 20_000;
// Behind the event: another record that names the payment would be a foreign one, or a copy that
// the connector published again after a crash.
const RECORDS_BEHIND_MAX = 500;
const CLOCKS_APART_MAX_MS = 60_000;

/** The records of one topic that name one payment, and which offsets were searched. */
export interface TopicSearch {
  topic: string;
  partition: number;
  /** `end` is where the search ended, or the end of the partition. */
  searched: OffsetRange;
  /** false: the search gave up before it had found the payment or reached the end. */
  isComplete: boolean;
  records: KafkaRecord[];
}

export interface SearchOptions {
  brokers: string[];
  paymentId: string;
  /** The key of the payment's records: its user. It decides the partition. */
  key: string;
  sinceMs: number;
}

export const PAYMENT_TOPIC = [PAYMENT_COMPLETED];
export const OTHER_TOPICS = CONSUMERS.flatMap((consumer) => [
  deadLetterTopic(consumer),
  redriveTopic(consumer),
]);

/**
 * Searches topics for the records of one payment: in the partition of its key, from just before its
 * time on. A partition without records since then costs no read. It reads at most 20,000 records of
 * each topic. Of payment.completed it stops 500 records behind the payment's event.
 */
export async function searchTopics(
  options: SearchOptions,
  topics: readonly string[],
): Promise<Map<string, TopicSearch>> {
  const sinceMs = Math.max(options.sinceMs - CLOCKS_APART_MAX_MS, 0);
  const { brokers, key } = options;
  const ranges = await rangesSince({ ...connection(brokers), topics: [...topics], sinceMs });
  const partition = partitionOf(key, PARTITIONS);
  const searches = topics.map(async (topic) => {
    const range = ranges.get(topic)?.get(partition) ?? { from: 0n, end: 0n };
    return [topic, await searchPartition(options, { topic, partition, range })] as const;
  });
  return new Map(await Promise.all(searches));
}

async function searchPartition(
  { brokers, paymentId }: SearchOptions,
  { topic, partition, range }: { topic: string; partition: number; range: OffsetRange },
): Promise<TopicSearch> {
  const records: KafkaRecord[] = [];
  const result = { topic, partition, records };
  if (range.from >= range.end) return { ...result, searched: range, isComplete: true };
  let behind = 0;
  let read = 0;
  const only = new Map([[partition, range]]);
  for await (const record of readTopic({ ...connection(brokers), topic, only })) {
    const searched = { from: range.from, end: record.offset + 1n };
    if (headerTexts(record)[CE_HEADERS.subject] === paymentId) records.push(record);
    else if (records.length > 0) behind++;
    const isEventFound = topic === PAYMENT_COMPLETED && behind >= RECORDS_BEHIND_MAX;
    if (isEventFound) return { ...result, searched, isComplete: true };
    if (++read >= RECORDS_MAX) return { ...result, searched, isComplete: false };
  }
  return { ...result, searched: range, isComplete: true };
}

type TopicFact = FactOf<'record' | 'dead_letter' | 'dlq_record' | 'redrive' | 'redrive_record'>;

/** The records that were found, as the audit's facts. */
export function topicFacts(searches: ReadonlyMap<string, TopicSearch>): TopicFact[] {
  const recordsOf = (topic: string) => searches.get(topic)?.records ?? [];
  return [
    ...recordsOf(PAYMENT_COMPLETED).map(parseRecord),
    ...CONSUMERS.flatMap((consumer) => [
      ...recordsOf(deadLetterTopic(consumer)).flatMap((record) => [
        ...deadLetterFacts(record, consumer),
      ]),
      ...recordsOf(redriveTopic(consumer)).flatMap((record) => [...redriveFacts(record, consumer)]),
    ]),
  ];
}

import type { Connection } from '../client.js';
import { readTopic } from '../read-topic.js';
import type { KafkaRecord, OffsetRange } from '../record.js';

// A range usually begins with a record, so read few offsets first. If these hold only control
// records (the ends of transactions) or gaps, each further read covers ten times as many offsets.
const OFFSETS_FIRST_READ = 100n;
const GROWTH = 10n;

/**
 * The first record of each range. A partition is absent if its range holds no record: the offsets
 * of a range may all belong to control records, which no consumer ever gets.
 */
export async function firstRecords(
  options: Connection & { topic: string; ranges: ReadonlyMap<number, OffsetRange> },
): Promise<Map<number, KafkaRecord>> {
  const { ranges, ...connection } = options;
  const found = new Map<number, KafkaRecord>();
  let unread = new Map(ranges);
  for (let length = OFFSETS_FIRST_READ; unread.size > 0; length *= GROWTH) {
    const only = new Map(
      [...unread].map(([partition, { from, end }]) => {
        const to = from + length < end ? from + length : end;
        return [partition, { from, end: to }] as const;
      }),
    );
    for await (const record of readTopic({ ...connection, only })) {
      if (!found.has(record.partition)) found.set(record.partition, record);
      if ([...only.keys()].every((partition) => found.has(partition))) break;
    }
    unread = new Map(
      [...unread]
        .map(([partition, { end }]) => {
          const from = only.get(partition)?.end ?? end;
          return [partition, { from, end }] as const;
        })
        .filter(([partition, { from, end }]) => !found.has(partition) && from < end),
    );
  }
  return found;
}

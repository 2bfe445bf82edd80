import { endOffsets } from '@effectively-once/kafka';

/** The number of records that were ever written to the topic. */
export async function endOfTopic(brokers: string[], topic: string): Promise<number> {
  const ends = await endOffsets({ brokers, clientId: 'bench', topics: [topic] });
  return [...(ends.get(topic)?.values() ?? [])].reduce((sum, end) => sum + Number(end), 0);
}

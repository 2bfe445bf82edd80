import type { ConsumerName } from '@effectively-once/contracts';
import type { TopicNow } from '@effectively-once/kafka';
import type { IngestedDeadLetters, IngestedPosition } from './ingested-dead-letters.js';

/** A partition whose offsets have begun again. */
export interface MadeAnew {
  partition: number;
  /** How many pending dead letters have lost their record. They cannot be redriven. */
  lost: number;
}

/**
 * Notices a dead-letter topic that was deleted and created again (another topic id), or whose log
 * lost its end (it ends before the ingested position: a broker restored from a backup). Its offsets
 * begin again, so the next letters have the positions of earlier ones. They become a new
 * incarnation: the earlier rows stay, and are marked as rows without a record.
 */
export async function noticeMadeAnew(options: {
  consumer: ConsumerName;
  topic: string;
  now: TopicNow;
  ingested: IngestedDeadLetters;
}): Promise<MadeAnew[]> {
  const { consumer, topic, now, ingested } = options;
  const found: MadeAnew[] = [];
  if (now.id !== undefined) await ingested.learnTopicId(consumer, now.id);
  for (const [partition, position] of await ingested.positions(consumer)) {
    const from = firstNewOffset(position, now, partition);
    if (from === undefined) continue;
    const anew = { partition, from, topic, topicId: now.id, seen: position.incarnation };
    const lost = await ingested.beginAnew(consumer, anew);
    // Another console has noticed it already.
    if (lost !== undefined) found.push({ partition, lost });
  }
  return found;
}

/** Undefined if the partition was not made anew. */
function firstNewOffset(
  { next, topicId }: IngestedPosition,
  { id, ends }: TopicNow,
  partition: number,
): bigint | undefined {
  const end = ends.get(partition);
  const isOtherTopic = topicId !== undefined && id !== undefined && topicId !== id;
  if (isOtherTopic) return 0n;
  return end !== undefined && end < next ? end : undefined;
}

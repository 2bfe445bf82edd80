import { setTimeout as sleep } from 'node:timers/promises';
import { pollUntil } from '@effectively-once/timing';
import { committedOffsets, ensureTopics, RecordProducer } from '@effectively-once/kafka';
import type { LabProcess } from './lab-process.js';

const TOGETHER = 500;
const CLIENT = 'lab';
const POLL_MS = 250;
const CREATE_ATTEMPTS_MAX = 20;
const COMMITTED_WITHIN_MS = 120_000;

export interface LabTopic {
  brokers: string[];
  topic: string;
}

export interface LabMessageToSend {
  key: string;
  value: unknown;
}

export async function createLabTopic(
  { brokers, topic }: LabTopic,
  partitions: number,
): Promise<void> {
  const topics = [{ name: topic, partitions, config: {} }];
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ensureTopics({ brokers, clientId: CLIENT, topics });
    } catch (error) {
      // A busy broker can answer that it does not know the topic that was just created.
      const isNew = (error as { type?: unknown }).type === 'UNKNOWN_TOPIC_OR_PARTITION';
      if (!isNew || attempt === CREATE_ATTEMPTS_MAX) throw error;
      await sleep(POLL_MS);
    }
  }
}

export async function connectedProducer(brokers: string[]): Promise<RecordProducer> {
  const producer = new RecordProducer({ brokers, clientId: CLIENT });
  await producer.connect();
  return producer;
}

/** As JSON. Records of one partition keep their order. */
export async function sendAllTo(
  producer: RecordProducer,
  topic: string,
  messages: readonly LabMessageToSend[],
): Promise<void> {
  for (let from = 0; from < messages.length; from += TOGETHER) {
    const part = messages.slice(from, from + TOGETHER).map(({ key, value }) => ({
      key: Buffer.from(key),
      value: Buffer.from(JSON.stringify(value)),
      headers: {},
    }));
    await producer.sendAll(topic, part);
  }
}

/** Creates a topic with these records. */
export async function filledTopic(
  at: LabTopic,
  partitions: number,
  messages: readonly LabMessageToSend[],
): Promise<void> {
  await createLabTopic(at, partitions);
  const producer = await connectedProducer(at.brokers);
  try {
    await sendAllTo(producer, at.topic, messages);
  } finally {
    await producer.disconnect();
  }
}

/**
 * Waits for the commits of a group with one member.
 * @throws TimeoutError if it has not committed so many records after two minutes.
 * @throws Error at once if its member ends.
 */
export async function untilCommitted(
  at: LabTopic,
  groupId: string,
  { count, member }: { count: number; member: LabProcess },
): Promise<void> {
  let committed = 0;
  const isDone = async () => {
    member.assertRuns();
    committed = await committedRecords(at, groupId);
    return committed >= count;
  };
  await pollUntil(isDone, {
    everyMs: POLL_MS,
    timeoutMs: COMMITTED_WITHIN_MS,
    timeoutMessage: () => `${groupId} has committed ${committed} of ${count} records`,
  });
}

async function committedRecords({ brokers, topic }: LabTopic, groupId: string): Promise<number> {
  const offsets = await committedOffsets({ brokers, clientId: CLIENT, groupId, topics: [topic] });
  return [...(offsets.get(topic)?.values() ?? [])].reduce(
    (sum, offset) => sum + Math.max(0, Number(offset)),
    0,
  );
}

import { ensureTopics, RecordProducer } from '@effectively-once/kafka';

const TOGETHER = 500;
const CLIENT_ID = 'bench';

export interface Topic {
  brokers: string[];
  topic: string;
}

export interface JsonMessage {
  key: string;
  value: unknown;
}

export const asJson = ({ key, value }: JsonMessage) => ({
  key: Buffer.from(key),
  value: Buffer.from(JSON.stringify(value)),
  headers: {},
});

export async function createTopic({ brokers, topic }: Topic, partitions: number): Promise<void> {
  const topics = [{ name: topic, partitions, config: {} }];
  await ensureTopics({ brokers, clientId: CLIENT_ID, topics });
}

export async function connectedProducer(brokers: string[]): Promise<RecordProducer> {
  const producer = new RecordProducer({ brokers, clientId: CLIENT_ID });
  await producer.connect();
  return producer;
}

/** Connects a producer while `use` runs. */
export async function withProducer<Result>(
  brokers: string[],
  use: (producer: RecordProducer) => Promise<Result>,
): Promise<Result> {
  const producer = await connectedProducer(brokers);
  try {
    return await use(producer);
  } finally {
    await producer.disconnect();
  }
}

/** As JSON. Records of one partition keep their order. */
export async function sendAllTo(
  producer: RecordProducer,
  topic: string,
  messages: readonly JsonMessage[],
): Promise<void> {
  for (let from = 0; from < messages.length; from += TOGETHER) {
    await producer.sendAll(topic, messages.slice(from, from + TOGETHER).map(asJson));
  }
}

/** Creates a topic with these records. */
export async function fillTopic(
  at: Topic,
  partitions: number,
  messages: readonly JsonMessage[],
): Promise<void> {
  await createTopic(at, partitions);
  await withProducer(at.brokers, (producer) => sendAllTo(producer, at.topic, messages));
}

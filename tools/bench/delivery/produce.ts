import { PARTITIONS } from '@effectively-once/contracts';
import { ensureTopics, RecordProducer } from '@effectively-once/kafka';
import { USERS, type BenchRecord } from './effects.js';

export interface Topic {
  brokers: string[];
  topic: string;
}

const TOGETHER = 500;

async function makeTopic({ brokers, topic }: Topic): Promise<void> {
  const topics = [{ name: topic, partitions: PARTITIONS, config: {} }];
  await ensureTopics({ brokers, clientId: 'bench', topics });
}

/** Creates a topic with a backlog of `count` records. The users take turns. */
export async function fillTopic(at: Topic, count: number): Promise<void> {
  await makeTopic(at);
  const producer = new RecordProducer({ brokers: at.brokers, clientId: 'bench' });
  await producer.connect();
  try {
    for (let from = 0; from < count; from += TOGETHER) {
      const size = Math.min(TOGETHER, count - from);
      const records = Array.from({ length: size }, (_, index) => recordOf(from + index));
      await producer.sendAll(
        at.topic,
        records.map((record) => asMessage(record)),
      );
    }
  } finally {
    await producer.disconnect();
  }
}

const recordOf = (n: number): BenchRecord => ({ user: `user-${n % USERS}`, n, at: Date.now() });

export const asMessage = (record: BenchRecord) => ({
  key: Buffer.from(record.user),
  value: Buffer.from(JSON.stringify(record)),
  headers: {},
});

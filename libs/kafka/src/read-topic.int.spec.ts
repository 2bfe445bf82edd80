import { createRequire } from 'node:module';
import { jest } from '@jest/globals';
import { testAddresses } from '@effectively-once/testing';
import { ensureTopics } from './admin.js';
import { RecordProducer } from './produce/producer.js';
import { readTopic } from './read-topic.js';

const { KAFKA_BROKERS: brokers } = testAddresses();
const connection = { brokers, clientId: 'read-topic' };
const broker = createRequire(import.meta.url)('kafkajs/src/broker') as {
  prototype: { joinGroup: () => Promise<unknown> };
};

async function topicWithARecord(): Promise<string> {
  const topic = `read-topic-${crypto.randomUUID()}`;
  await ensureTopics({ ...connection, topics: [{ name: topic, partitions: 1, config: {} }] });
  const producer = new RecordProducer(connection);
  await producer.connect();
  await producer.send({ topic, key: null, value: Buffer.from('value'), headers: {} });
  await producer.disconnect();
  return topic;
}

async function count(topic: string): Promise<number> {
  let records = 0;
  for await (const _record of readTopic({ ...connection, topic })) records += 1;
  return records;
}

// A broker that has just started loads its groups. kafkajs crashes on that answer while it joins,
// before anyone reads. An 'error' event that nothing listens to would end the process.
it('a group that cannot start fails the read, and not the process', async () => {
  const topic = await topicWithARecord();
  const loading = Object.assign(new Error('the coordinator is loading'), { retriable: true });
  jest.spyOn(broker.prototype, 'joinGroup').mockRejectedValue(loading);
  await expect(count(topic)).rejects.toThrow('the coordinator is loading');
  jest.restoreAllMocks();
  await expect(count(topic)).resolves.toBe(1);
});

import { once } from 'node:events';
import net, { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { jest } from '@jest/globals';
import { testAddresses, TcpProxy, waitUntil } from '@effectively-once/testing';
import { committedOffsets, ensureTopics } from './admin.js';
import { kafkaClient } from './client.js';
import { GroupConsumer } from './group-consumer.js';
import { RecordProducer } from './produce/producer.js';
import { readTopic } from './read-topic.js';
import type { KafkaRecord } from './record.js';

const { KAFKA_BROKERS: brokers } = testAddresses();
const connection = { brokers, clientId: 'half-dead' };
const brokerPort = Number(new URL(`tcp://${brokers[0]}`).port);
const GOES_ON_WITHIN_MS = 30_000;

const connectDirectly = net.connect.bind(net);
/** Where a new connection to the broker goes: the broker advertises its own port. */
let detourPort = brokerPort;

/** Connections are half-dead: they stay open, and every byte is lost. New connections work. */
describe('half-dead connections to the broker', () => {
  let proxy: TcpProxy;
  beforeAll(async () => {
    proxy = await TcpProxy.listen({ port: 0, to: { host: '127.0.0.1', port: brokerPort } });
    jest
      .spyOn(net, 'connect')
      .mockImplementation(((
        { host, port }: { host: string; port: number },
        onConnect: () => void,
      ) =>
        connectDirectly(
          { host, port: port === brokerPort ? detourPort : port },
          onConnect,
        )) as typeof net.connect);
  });
  beforeEach(() => void (detourPort = proxy.port));
  afterAll(async () => {
    jest.restoreAllMocks();
    await proxy.refuse();
  });

  async function newTopic(): Promise<string> {
    const name = `half-dead-${crypto.randomUUID()}`;
    await ensureTopics({ ...connection, topics: [{ name, partitions: 1, config: {} }] });
    return name;
  }
  const record = (topic: string, value: string | Buffer) => ({
    topic,
    key: Buffer.from('key'),
    value: Buffer.from(value),
    headers: {},
  });
  async function produce(topic: string, ...values: (string | Buffer)[]): Promise<void> {
    const producer = new RecordProducer(connection);
    await producer.connect();
    for (const value of values) await producer.send(record(topic, value));
    await producer.disconnect();
  }
  async function read(topic: string): Promise<string[]> {
    const values: string[] = [];
    for await (const { value } of readTopic({ ...connection, topic })) values.push(String(value));
    return values;
  }
  async function inTime<Result>(work: Promise<Result>): Promise<Result> {
    const startedMs = performance.now();
    const result = await work;
    expect(performance.now() - startedMs).toBeLessThan(GOES_ON_WITHIN_MS);
    return result;
  }

  it('a consumer fetches and commits over new ones, and stays a member', async () => {
    const topic = await newTopic();
    const groupId = `half-dead-${crypto.randomUUID()}`;
    const records: KafkaRecord[] = [];
    let assignments = 0;
    const consumer = new GroupConsumer({
      brokers,
      groupId,
      memberName: 'member',
      topics: [topic],
      sessionTimeoutMs: 30_000,
      onAssigned: () => (assignments += 1),
      onRecords: (fetched) => void records.push(...fetched.records),
      onCrash: () => undefined,
    });
    await consumer.start();
    await produce(topic, 'before');
    await waitUntil('the first record', () => records.length === 1);
    await proxy.swallow();
    await produce(topic, 'after');
    await inTime(waitUntil('the second record', () => records.length === 2, GOES_ON_WITHIN_MS));
    await inTime(consumer.commit({ topic, partition: 0 }, 2n, ''));
    const committed = await committedOffsets({ ...connection, groupId, topics: [topic] });
    expect(committed.get(topic)?.get(0)).toBe(2n);
    expect(assignments).toBe(1);
    await inTime(consumer.stop());
  });

  it('a dead letter is written over a new one, once', async () => {
    const topic = await newTopic();
    const producer = new RecordProducer(connection);
    await producer.connect();
    await producer.send(record(topic, 'before'));
    await proxy.swallow();
    await inTime(producer.send(record(topic, 'after')));
    await inTime(producer.disconnect());
    await expect(read(topic)).resolves.toEqual(['before', 'after']);
  });

  it('a reader goes on where it was', async () => {
    const topic = await newTopic();
    const megabyte = 1_000_000;
    const values = Array.from({ length: 40 }, (_, n) => String(n).padEnd(megabyte, '.'));
    await produce(topic, ...values);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { value } of readTopic({ ...connection, topic })) {
        seen.push(String(value));
        if (seen.length === 3) await proxy.swallow();
      }
    })();
    await inTime(reading);
    expect(seen.map((value) => value.split('.')[0])).toEqual(values.map((_, n) => String(n)));
  });

  // kafkajs does not repeat these. Our own callers open an admin client for each question.
  it('an admin client fails in time, and asks again over one new connection', async () => {
    const topic = await newTopic();
    const admin = kafkaClient(connection).admin();
    await admin.connect();
    try {
      await admin.fetchTopicOffsets(topic);
      await proxy.swallow();
      await expect(inTime(admin.fetchTopicOffsets(topic))).rejects.toThrow('timed out');
      const opened = jest.mocked(net.connect).mock.calls.length;
      await inTime(Promise.all(Array.from({ length: 5 }, () => admin.fetchTopicOffsets(topic))));
      expect(jest.mocked(net.connect).mock.calls.length - opened).toBe(1);
    } finally {
      await inTime(admin.disconnect());
    }
  });

  // The rest of the response never arrives. The next connection starts with another one.
  it('a connection that is cut within a response leaves nothing of it to the next', async () => {
    const topic = await newTopic();
    await produce(topic, Buffer.alloc(900_000), 'last');
    const { server, cuts } = await cutsOnce(200_000);
    detourPort = (server.address() as AddressInfo).port;
    try {
      await expect(inTime(read(topic))).resolves.toHaveLength(2);
      expect(cuts()).toBe(1);
    } finally {
      server.close();
    }
  });
});

/** A proxy that cuts the first connection that has received so many bytes. */
async function cutsOnce(bytes: number): Promise<{ server: Server; cuts: () => number }> {
  let cut = 0;
  const server = createServer((client: Socket) => {
    const upstream = connectDirectly({ host: '127.0.0.1', port: brokerPort });
    let received = 0;
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      client.write(chunk);
      received += chunk.length;
      if (cut > 0 || received < bytes) return;
      cut += 1;
      client.end();
      upstream.destroy();
    });
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => client.end());
    client.on('error', () => upstream.destroy());
    client.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, cuts: () => cut };
}

import { randomUUID } from 'node:crypto';
import { TOPICS } from '@effectively-once/contracts';
import { testAddresses, waitUntil } from '@effectively-once/testing';
import { committedOffsets, endOffsets, ensureTopics } from './admin.js';
import { GroupConsumer } from './group-consumer.js';
import { RecordProducer } from './produce/producer.js';
import { readTopic } from './read-topic.js';
import type { KafkaRecord, OffsetRange } from './record.js';
import { openTransaction } from './testing/transaction.fixture.js';
import { CODECS } from './testing/codecs.fixture.js';
import { encodeBatch, produceRaw, type RawBatch } from './testing/raw-batch.fixture.js';

const { KAFKA_BROKERS: brokers } = testAddresses();
const connection = { brokers, clientId: 'foreign-bytes' };
const [broker = ''] = brokers;

// As the topics of the system: the test of the codecs depends on it.
const OURS = TOPICS[0]?.config ?? {};
const MESSAGE_TOO_LARGE = 10;
const INVALID_TIMESTAMP = 32;

const text = Buffer.from('text');
const plain = (value: string): RawBatch => ({
  records: [{ key: text, value: Buffer.from(value) }],
});
const withHeaders = (headers: [string | Buffer, Buffer | null][]): RawBatch => ({
  records: [{ key: text, value: text, headers }],
});
const timed = (timestamp: bigint): RawBatch => ({ records: [{ value: text }], timestamp });
const shifted = (...deltas: number[]): RawBatch => ({
  records: deltas.map((offsetDelta) => ({ value: text, offsetDelta })),
});

/** What the broker stores, whatever we think of it. */
const FOREIGN: Record<string, RawBatch> = {
  'a null header value': withHeaders([['a', null]]),
  'a header that is repeated, once as null': withHeaders([
    ['a', null],
    ['a', text],
  ]),
  'a header without a name': withHeaders([['', text]]),
  'a header whose name is not UTF-8': withHeaders([[Buffer.from([0xff, 0xfe]), text]]),
  'headers named as a property of every object': withHeaders([
    ['constructor', text],
    ['__proto__', text],
    ['toString', null],
  ]),
  'fifty thousand headers': withHeaders(
    Array.from({ length: 50_000 }, (_, index) => [index.toString(36), text]),
  ),
  'neither key nor value': { records: [{}] },
  'an empty key and an empty value': {
    records: [{ key: Buffer.alloc(0), value: Buffer.alloc(0) }],
  },
  'a value of almost one megabyte': { records: [{ value: Buffer.alloc(1_048_000) }] },
  'a hundred thousand records in one batch': {
    records: Array.from({ length: 100_000 }, () => ({})),
  },
  'no timestamp': timed(-1n),
  'a timestamp of 1970': timed(0n),
  'a timestamp in half an hour': timed(BigInt(Date.now() + 1_800_000)),
  'a timestamp that is no date': {
    records: [{ value: text, timestampDelta: -(2n ** 62n) }],
  },
  'an offset far behind the end': shifted(1_000_000),
  'an offset before the beginning': shifted(-5),
  'one offset for two records': shifted(0, 0),
  'offsets in the wrong order': shifted(1, 0),
};

async function newTopic(config: Record<string, string> = OURS): Promise<string> {
  const name = `foreign-bytes-${randomUUID()}`;
  await ensureTopics({ ...connection, topics: [{ name, partitions: 1, config }] });
  return name;
}

const produce = async (topic: string, batch: RawBatch) =>
  await produceRaw({ broker, topic, partition: 0, batch: encodeBatch(batch) });

const valueOf = ({ value }: KafkaRecord) => value?.toString() ?? '';

describe.each(Object.keys(FOREIGN))('%s', (name) => {
  const foreign = FOREIGN[name] ?? { records: [] };

  it('stops neither a reader nor a consumer, and hides no record behind it', async () => {
    const topic = await newTopic();
    const group = await groupOn(topic, `foreign-bytes-${randomUUID()}`);
    const isConsumed = (value: string) => () => group.records.some((one) => valueOf(one) === value);
    await produce(topic, plain('before'));
    await waitUntil('the record before it', isConsumed('before'));
    expect(await produce(topic, foreign)).toBe(0);
    // Read it once as the end of the topic, and once with a record after it.
    expect((await all(topic))[0]?.offset).toBe(0n);
    await produce(topic, plain('after'));
    const records = await all(topic);
    expect([records[0], records.at(-1)].map((one) => valueOf(one!))).toEqual(['before', 'after']);
    const offsets = records.map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.map((_, index) => BigInt(index)));
    await waitUntil('the record behind it', isConsumed('after'));
    expect(group.records.map(({ offset }) => offset)).toEqual(offsets);
    await group.stop();
  });

  it('is read by a reader that begins at it', async () => {
    const topic = await newTopic();
    await produce(topic, plain('before'));
    expect(await produce(topic, foreign)).toBe(0);
    const end = 1n + BigInt(foreign.records.length);
    const records = await all(topic, { only: new Map([[0, { from: 1n, end }]]) });
    expect(records.map(({ offset }) => offset)).toEqual(
      foreign.records.map((_, index) => 1n + BigInt(index)),
    );
  });
});

describe.each(Object.keys(CODECS))('a batch in %s', (name) => {
  const codec = CODECS[name]!;

  it('is unpacked by the broker, and stops neither a reader nor a consumer', async () => {
    const topic = await newTopic();
    expect(await produce(topic, { ...plain('packed'), codec })).toBe(0);
    await produce(topic, plain('after'));
    expect((await all(topic)).map(valueOf)).toEqual(['packed', 'after']);
    await consume(topic, (records) => valueOf(records.at(-1)!) === 'after');
  });
});

it.each([
  ['a large value', [{ value: Buffer.alloc(30_000_000) }]],
  ['many records', Array.from({ length: 150_000 }, () => ({}))],
])('the broker refuses a small batch that unpacks to %s', async (_what, records) => {
  const batch = { records, codec: CODECS['gzip']! };
  expect(encodeBatch(batch).length).toBeLessThan(1_000_000);
  expect(await produce(await newTopic(), batch)).toBe(MESSAGE_TOO_LARGE);
});

it('the broker refuses a timestamp that would keep its segment past the retention', async () => {
  const inTwoHours = timed(BigInt(Date.now() + 7_200_000));
  expect(await produce(await newTopic(), inTwoHours)).toBe(INVALID_TIMESTAMP);
});

it('a record with foreign headers can be produced again with the same headers', async () => {
  const topic = await newTopic();
  await produce(
    topic,
    withHeaders([
      ['constructor', text],
      ['__proto__', text],
      ['a', null],
      ['a', text],
    ]),
  );
  const [record] = await all(topic);
  const producer = new RecordProducer(connection);
  await producer.connect();
  await producer.send({ topic, key: null, value: null, headers: record!.headers });
  await producer.disconnect();
  const [, copy] = await all(topic);
  expect(copy!.headers).toEqual(record!.headers);
  expect(Object.keys(copy!.headers)).toEqual(['constructor', '__proto__', 'a']);
});

it.each(['commit', 'abort'] as const)(
  'the %s of a transaction at the end of a partition is no lag, and ends a reader',
  async (end) => {
    const topic = await newTopic();
    const groupId = `foreign-bytes-${randomUUID()}`;
    await produce(topic, plain('before'));
    const group = await groupOn(topic, groupId);
    await waitUntil('the first record', () => group.records.length === 1);
    await (
      await inTransaction(topic)
    )(end);
    await waitUntil('the record of the transaction', () => group.records.length === 2);
    // The record, and the offset of the end of its transaction.
    expect(group.lag()).toBe(0n);
    await waitUntil('no lag', async () => (await committed(groupId, topic)) === 3n);
    await group.stop();
    expect((await all(topic)).map(valueOf)).toEqual(['before', 'in a transaction']);
  },
);

it('the end of a transaction alone is no lag for a consumer that starts before it', async () => {
  const topic = await newTopic();
  const groupId = `foreign-bytes-${randomUUID()}`;
  await (
    await inTransaction(topic)
  )('commit');
  const consumer = await groupOn(topic, groupId);
  await waitUntil('the record', () => consumer.records.length === 1);
  await consumer.commitAs(1n);
  await consumer.stop();
  await waitUntil('no lag', async () => (await committed(groupId, topic)) === 2n);
});

it('an open transaction holds up no record behind it', async () => {
  const topic = await newTopic();
  const end = await inTransaction(topic);
  await produce(topic, plain('behind it'));
  expect((await all(topic)).map(valueOf)).toEqual(['in a transaction', 'behind it']);
  const ends = await endOffsets({ ...connection, topics: [topic] });
  expect(ends.get(topic)?.get(0)).toBe(2n);
  await consume(topic, (records) => valueOf(records.at(-1)!) === 'behind it');
  await end('abort');
});

const inTransaction = (topic: string) =>
  openTransaction({ ...connection, topic, messages: [{ value: 'in a transaction' }] });

async function all(
  topic: string,
  only: { only?: ReadonlyMap<number, OffsetRange> } = {},
): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = [];
  for await (const record of readTopic({ ...connection, topic, ...only })) records.push(record);
  return records;
}

async function consume(
  topic: string,
  isEnd: (records: KafkaRecord[]) => boolean,
): Promise<KafkaRecord[]> {
  const group = await groupOn(topic, `foreign-bytes-${randomUUID()}`);
  await waitUntil('all records', () => group.records.length > 0 && isEnd(group.records));
  await group.stop();
  return group.records;
}

/** A member that completes each record at once, and commits it. */
async function groupOn(topic: string, groupId: string) {
  const at = { topic, partition: 0 };
  const records: KafkaRecord[] = [];
  let lag = 0n;
  const group: GroupConsumer = new GroupConsumer({
    brokers,
    groupId,
    memberName: groupId,
    topics: [topic],
    sessionTimeoutMs: 6_000,
    onAssigned: () => undefined,
    onRecords: (fetched) => {
      for (const record of fetched.records) records.push(record);
      const next = (records.at(-1)?.offset ?? -1n) + 1n;
      lag = fetched.endOffset - next;
      void group.commit(at, next, 'metadata').catch(() => undefined);
    },
    onCrash: (error) => {
      throw error;
    },
  });
  await group.start();
  return {
    records,
    lag: () => lag,
    commitAs: (offset: bigint) => group.commit(at, offset, ''),
    stop: () => group.stop(),
  };
}

async function committed(groupId: string, topic: string): Promise<bigint | undefined> {
  const offsets = await committedOffsets({ ...connection, groupId, topics: [topic] });
  return offsets.get(topic)?.get(0);
}

import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { testAddresses, waitUntil } from '@effectively-once/testing';
import { Controller, type INestMicroservice } from '@nestjs/common';
import {
  Ctx,
  EventPattern,
  KafkaHeaders,
  MessagePattern,
  Payload,
  Transport,
  type KafkaContext,
  type KafkaOptions,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import type { logCreator } from 'kafkajs';
import {
  committedOffsets,
  ensureTopics,
  headerTexts,
  readTopic,
  RecordProducer,
} from '@effectively-once/kafka';

/*
 * Why the project has its own transport: what Nest's transport (12.1.1) does with a real broker. If
 * one of these tests fails after an upgrade, a reason for LaneTransport is gone.
 */

const connection = { brokers: testAddresses().KAFKA_BROKERS, clientId: 'stock.spec' };
// Short waits between attempts and after a crash. The kafkajs defaults take 10 s.
const RETRY = { initialRetryTime: 20, maxRetryTime: 40, retries: 2 };

let topic: string;
let groupId: string;
let producer: RecordProducer;
let app: INestMicroservice | undefined;
/** The error that reaches kafkajs from a failing handler. */
let reported: unknown[];

beforeAll(async () => {
  producer = new RecordProducer(connection);
  await producer.connect();
});
afterAll(async () => await producer.disconnect());
beforeEach(() => {
  topic = `test.${randomUUID()}`;
  groupId = `test.${randomUUID()}`;
  reported = [];
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});

type Handler = (payload: unknown, context: KafkaContext) => Promise<void>;

const tellUs: logCreator =
  () =>
  ({ log }) =>
    void (log['error'] !== undefined && reported.push(log['error']));

/** A stock Nest microservice with one handler, with options to change. */
async function consume(
  handle: Handler,
  { pattern = EventPattern, ...changes }: { pattern?: typeof EventPattern } & Options = {},
): Promise<void> {
  @Controller()
  class Consumer {
    @pattern<string>(topic)
    async handle(@Payload() payload: unknown, @Ctx() context: KafkaContext): Promise<void> {
      await handle(payload, context);
    }
  }
  const module = await Test.createTestingModule({ controllers: [Consumer] }).compile();
  app = module.createNestMicroservice<KafkaOptions>({
    transport: Transport.KAFKA,
    logger: false,
    options: {
      client: { ...connection, logCreator: tellUs },
      consumer: { groupId, maxWaitTimeInMs: 100, retry: RETRY },
      subscribe: { fromBeginning: true },
      ...changes,
    },
  });
  await app.listen();
}

type Options = Pick<
  NonNullable<KafkaOptions['options']>,
  'run' | 'postfixId' | 'deserializer' | 'producer'
>;

async function produce(
  records: { user?: string; value: string; headers?: Record<string, string> }[],
  { partitions = 1 } = {},
): Promise<void> {
  const topics = [{ name: topic, partitions, config: {} }];
  await ensureTopics({ ...connection, topics });
  for (const { user = 'alice', value, headers = {} } of records) {
    await producer.send({ topic, key: Buffer.from(user), value: Buffer.from(value), headers });
  }
}

async function committed(group = `${groupId}-server`): Promise<bigint> {
  const offsets = await committedOffsets({ ...connection, groupId: group, topics: [topic] });
  const perPartition = [...(offsets.get(topic)?.values() ?? [])];
  return perPartition.reduce((sum, offset) => sum + (offset > 0n ? offset : 0n), 0n);
}

const untilCommitted = (count: bigint) =>
  waitUntil(`${count} committed`, async () => (await committed()) === count);

it('hides the error: kafkajs gets {status: error}, whatever the handler threw', async () => {
  await produce([{ value: '{}' }]);
  await consume(async () => {
    throw new TypeError('amountMinor is missing');
  });
  await waitUntil('kafkajs was told', () => reported.length > 0);
  expect(reported[0]).toEqual({ status: 'error', message: 'Internal server error' });
});

it('attempts a bad record for ever, blocks all records behind it, and dead-letters nothing', async () => {
  await produce([
    { user: 'mallory', value: 'bad' },
    { user: 'alice', value: 'good' },
  ]);
  const seen: unknown[] = [];
  await consume(async (value) => {
    seen.push(value);
    if (value === 'bad') throw new Error('never works');
  });
  // When its retries are used up, the kafkajs consumer restarts and counts from zero again.
  const attempts = 3 * (RETRY.retries + 1);
  await waitUntil(`${attempts} attempts`, () => seen.length >= attempts);
  expect(new Set(seen)).toEqual(new Set(['bad']));
  await expect(committed()).resolves.toBe(0n);
});

it('commits a request whose handler failed: the failure is a reply, and there is no retry', async () => {
  const replies = `${topic}.replies`;
  await ensureTopics({ ...connection, topics: [{ name: replies, partitions: 1, config: {} }] });
  const headers = { [KafkaHeaders.CORRELATION_ID]: '1', [KafkaHeaders.REPLY_TOPIC]: replies };
  await produce([{ value: '{}', headers }]);
  let attempts = 0;
  await consume(
    async () => {
      attempts += 1;
      throw new Error('the database is down');
    },
    { pattern: MessagePattern as typeof EventPattern },
  );
  await untilCommitted(1n);
  const said: unknown[] = [];
  for await (const reply of readTopic({ ...connection, topic: replies })) {
    said.push(headerTexts(reply)[KafkaHeaders.NEST_ERR]);
  }
  expect(said).toEqual(['{"status":"error","message":"Internal server error"}']);
  expect(attempts).toBe(1);
});

it('commits a record that has no handler', async () => {
  await produce([
    { value: 'known', headers: { type: topic } },
    { value: 'unknown', headers: { type: 'payment.refunded' } },
  ]);
  const seen: unknown[] = [];
  await consume(async (value) => void seen.push(value), {
    // Several event types in one topic, with a header for the type, as is usual.
    deserializer: {
      deserialize: ({ headers, value }) => ({ pattern: headers.type, data: value }),
    },
  });
  await untilCommitted(2n);
  expect(seen).toEqual(['known']);
});

it('passes a value of broken JSON to the handler as text, as if it were an event', async () => {
  await produce([{ value: '{"amountMinor":1299}' }, { value: '{"amountMinor":12' }]);
  const seen: unknown[] = [];
  await consume(async (value) => void seen.push(value));
  await untilCommitted(2n);
  expect(seen).toEqual([{ amountMinor: 1299 }, '{"amountMinor":12']);
});

it('joins another group than configured, unless the postfix is removed', async () => {
  await produce([{ value: '{}' }]);
  await consume(async () => undefined, { postfixId: '' });
  const asTold = () => committed(groupId);
  await waitUntil('the group it was told', async () => (await asTold()) === 1n);
  await app?.close();
  groupId = `test.${randomUUID()}`;
  await consume(async () => undefined);
  await untilCommitted(1n);
  await expect(asTold()).resolves.toBe(0n);
});

describe('how many handlers run at once', () => {
  const USERS = 60;
  const records = Array.from({ length: USERS }, (_, n) => ({ user: `user-${n}`, value: `${n}` }));

  async function mostAtOnce(partitions: number, run: Options['run']): Promise<number> {
    await produce(records, { partitions });
    let [running, most, done] = [0, 0, 0];
    await consume(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
        done += 1;
      },
      run ? { run } : {},
    );
    await waitUntil(`${USERS} handled`, () => done === USERS);
    return most;
  }

  it('is one by default, however many partitions there are', async () => {
    await expect(mostAtOnce(6, undefined)).resolves.toBe(1);
  });

  it('is never more than one in a partition, so its users wait for each other', async () => {
    await expect(mostAtOnce(1, { partitionsConsumedConcurrently: 6 })).resolves.toBe(1);
  });

  it('is more than one only across partitions, when asked to', async () => {
    const most = await mostAtOnce(6, { partitionsConsumedConcurrently: 6 });
    expect(most).toBeGreaterThan(1);
  });
});

import {
  CE_HEADERS,
  CONSUMERS,
  deadLetterTopic,
  DLQ_HEADERS,
  PAYMENT_COMPLETED,
  redriveTopic,
  type ConsumerName,
} from '@effectively-once/contracts';
import { readTopic, RecordProducer, type KafkaRecord } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { untilDrained, withProxyFaults } from './fault-injection.js';
import { sql } from './damage.js';
import { dlq, dlqJson, letterOf, lettersOf, operatorGet, type Letter } from './operator.js';
import {
  at,
  customerToken,
  findings,
  get,
  journal,
  newId,
  pay,
  receiptOf,
} from './system-under-test.js';

jest.setTimeout(180_000);

const connection = { brokers: at.KAFKA_BROKERS, clientId: 'e2e' };

it('a poison pill of loyalty blocks no other record; redriven after the repair, it awards its points once', async () => {
  const userId = newId('user');
  // While loyalty waits for its database, we insert a wrong entry for a payment of today.
  const [poisoned, next, others] = await withProxyFaults(
    { 'loyalty-database': 'refuse' },
    async () => {
      const first = await pay(userId);
      await sql(
        'loyalty',
        `INSERT INTO loyalty.points_entries (payment_id, user_id, amount_minor, currency, points, event_id)
       VALUES ($1, $2, 1, 'EUR', 0, gen_random_uuid())`,
        [first, userId],
      );
      const later = [await pay(userId), await pay(newId('user')), await pay(newId('user'))];
      // Email does not use that database, and is not affected.
      for (const paymentId of [first, ...later]) await receiptOf(paymentId);
      return [first, later[0] ?? '', later.slice(1)] as const;
    },
  );

  const letter = await letterOf('loyalty', poisoned);
  expect(letter).toMatchObject({ state: 'pending', errorName: 'IdempotencyCollision' });
  // No later payment waits for the operator's decision, neither of this user nor of other users.
  await waitUntil('the points of the others', async () => {
    const rows = await sql('loyalty', ENTRIES, [[next, ...others]]);
    return rows.length === others.length + 1;
  });
  for (const consumer of ['email', 'search'] as const) {
    const theirs = (await lettersOf(consumer)).filter(({ paymentId }) => paymentId === poisoned);
    expect(theirs).toEqual([]);
  }

  // Without the repair, the redrive fails and is dead-lettered with a redrive count one higher.
  await dlqJson('redrive', 'loyalty', letter.id);
  const again = await waitUntil('the second dead letter', async () =>
    (await lettersOf('loyalty')).find(
      ({ paymentId, redriveCount }) => paymentId === poisoned && redriveCount === 1,
    ),
  );
  await sql('loyalty', 'DELETE FROM loyalty.points_entries WHERE payment_id = $1', [poisoned]);
  const dry = await dlqJson<{ count: number; ids: string[] }>(
    'redrive',
    'loyalty',
    '--error-name',
    'IdempotencyCollision',
    '--dry-run',
  );
  expect(dry.ids).toContain(again.id);
  await dlqJson('redrive', 'loyalty', again.id);
  await untilDrained();
  const { json } = await get(
    `http://127.0.0.1:${at.LOYALTY_PORT}/v1/users/${userId}/points`,
    await customerToken(userId),
  );
  expect(json).toMatchObject({ balance: 24 });
  expect(json['entries']).toHaveLength(2);
  await expect(journal('mails', { paymentId: poisoned })).resolves.toHaveLength(1);
  await expect(findings()).resolves.toEqual([]);
});

it.each(CONSUMERS)(
  'an unreadable record is shown as bytes and discarded with a reason: %s',
  async (consumer) => {
    const before = new Set((await lettersOf(consumer)).map(({ id }) => id));
    await produceNonsense(consumer);
    const { id } = await waitUntil('the dead letter', async () =>
      (await lettersOf(consumer)).find((letter) => !before.has(letter.id)),
    );
    const shown = await dlqJson<{ record: { valueHex: string } }>('show', consumer, id);
    expect(shown.record.valueHex).toBe('fffe7b22');

    const withoutReason = await dlq('discard', consumer, id);
    expect(withoutReason).toMatchObject({ code: 2, err: expect.stringContaining('--reason') });
    await dlqJson('discard', consumer, id, '--reason', 'bytes of a test');
    const { items } = await operatorGet<{ items: object[] }>('/api/dlq/actions?limit=1');
    expect(items).toMatchObject([
      { kind: 'discard', consumer, operator: 'olga', reason: 'bytes of a test', done: 1 },
    ]);
    // Discarded is final: a redrive of it is refused.
    const redriven = await dlq('redrive', consumer, id);
    expect(redriven).toMatchObject({ code: 1, err: expect.stringContaining('(discarded)') });
    const listed = await dlqJson<{ items: Letter[] }>('list', consumer, '--state', 'discarded');
    expect(listed.items.map((letter) => letter.id)).toContain(id);
    await expect(findings()).resolves.toEqual([]);
  },
);

it('a record redriven three times is not redriven a fourth time, and the operator is told why', async () => {
  const before = new Set((await lettersOf('search')).map(({ id }) => id));
  await produceNonsense('search');
  const latest = async (redriveCount: number) =>
    await waitUntil(`the dead letter after ${redriveCount} redrives`, async () =>
      (await lettersOf('search')).find((one) => {
        return !before.has(one.id) && one.redriveCount === redriveCount;
      }),
    );
  for (const redrives of [0, 1, 2]) await dlqJson('redrive', 'search', (await latest(redrives)).id);
  const { id } = await latest(3);
  // Refused in a redrive of all pending dead letters, and in a redrive of its own.
  await expect(dlq('redrive', 'search', '--dry-run')).resolves.toMatchObject({
    code: 1,
    out: expect.stringContaining(`${id} (loop_guard): already redriven three times`),
  });
  await expect(dlq('redrive', 'search', id)).resolves.toMatchObject({
    code: 1,
    err: expect.stringContaining(`${id} (loop_guard)`),
  });
  await dlqJson('discard', 'search', id, '--reason', 'bytes of a test');
  await expect(findings()).resolves.toEqual([]);
});

it('the dlq command lists counts per consumer, and names the error in a mistyped command', async () => {
  const table = await dlq('list');
  expect(table.code).toBe(0);
  for (const word of [...CONSUMERS, 'pending', 'redriven', 'discarded'])
    expect(table.out).toContain(word);
  await expect(dlq('list', 'no-such-consumer')).resolves.toMatchObject({ code: 2 });
  await expect(dlq('redrive', 'email', '0-999999')).resolves.toMatchObject({
    code: 1,
    err: expect.stringContaining('no such dead letter: 0-999999'),
  });
  await expect(dlq('redrive', 'email', 'zero')).resolves.toMatchObject({
    code: 2,
    err: expect.stringContaining('/ids/0'),
  });
});

it('a redrive of an event older than six days: email asks the mail provider, and mails nothing twice', async () => {
  const paymentId = await pay(newId('user'));
  await receiptOf(paymentId);
  await untilDrained();
  // The deduplication marker has expired by then: only the provider's journal knows the receipt.
  const redis = new Redis(at.REDIS_URL);
  await redis.del(`email:receipt:${paymentId}`);
  redis.disconnect();
  await deadLetterAsOfLastWeek(paymentId);
  const { id } = await letterOf('email', paymentId);
  await dlqJson('redrive', 'email', id);
  await untilDrained();
  await expect(journal('mails', { paymentId })).resolves.toHaveLength(1);
  const left = (await lettersOf('email')).filter((letter) => letter.paymentId === paymentId);
  expect(left.map(({ state }) => state)).toEqual(['redriven']);
  await expect(findings()).resolves.toEqual([]);
});

const ENTRIES = 'SELECT payment_id FROM loyalty.points_entries WHERE payment_id = ANY ($1)';

/** Writes the payment's event as a dead letter of email, with timestamps seven days in the past. */
async function deadLetterAsOfLastWeek(paymentId: string): Promise<void> {
  const event = await eventOf(paymentId);
  const lastWeek = new Date(Date.now() - 7 * 24 * 3_600_000).toISOString();
  const data = JSON.parse(String(event.value)) as object;
  await produce(deadLetterTopic('email'), {
    key: event.key,
    value: Buffer.from(JSON.stringify({ ...data, completedAt: lastWeek })),
    headers: {
      ...event.headers,
      [DLQ_HEADERS.originalTopic]: PAYMENT_COMPLETED,
      [DLQ_HEADERS.originalPartition]: String(event.partition),
      [DLQ_HEADERS.originalOffset]: String(event.offset),
      [DLQ_HEADERS.consumer]: 'email',
      [DLQ_HEADERS.errorClass]: 'permanent',
      [DLQ_HEADERS.errorName]: 'RecipientRefused',
      [DLQ_HEADERS.attempts]: '1',
      [DLQ_HEADERS.deadLetteredAt]: new Date().toISOString(),
      [DLQ_HEADERS.redriveCount]: '0',
    },
  });
}

async function eventOf(paymentId: string): Promise<KafkaRecord> {
  const published = { ...connection, topic: PAYMENT_COMPLETED };
  for await (const record of readTopic(published)) {
    if (String(record.headers[CE_HEADERS.subject]) === paymentId) return record;
  }
  throw new Error(`${paymentId} is not in the topic`);
}

// Through the redrive topic: in the main topic, a record without an outbox row violates I3.
const produceNonsense = (consumer: ConsumerName) =>
  produce(redriveTopic(consumer), {
    key: Buffer.from(newId('user')),
    value: Buffer.from([0xff, 0xfe, 0x7b, 0x22]),
    headers: {},
  });

async function produce(
  topic: string,
  record: Parameters<RecordProducer['sendAll']>[1][number],
): Promise<void> {
  const producer = new RecordProducer(connection);
  await producer.connect();
  try {
    await producer.send({ topic, ...record });
  } finally {
    await producer.disconnect();
  }
}

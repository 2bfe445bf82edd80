import { randomUUID } from 'node:crypto';
import { readPublished } from '@effectively-once/audit';
import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { ensureTopics, readTopic, RecordProducer } from '@effectively-once/kafka';
import { Client } from '@elastic/elasticsearch';
import { jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { createTransport } from 'nodemailer';
import { captureByHand, damaged, sql, violations } from './damage.js';
import { at, checkout, findings, newId } from './system-under-test.js';

// Every test audits twice, and one waits for the connector's heartbeat.
jest.setTimeout(120_000);

const userId = newId('audited');
/** The id of a payment that does not exist. */
const noPayment = randomUUID();
/** The payment that is damaged. The audit must never name the bystander's payment. */
let victim: string;

beforeAll(async () => {
  const paid = await checkout({ userId });
  victim = paid.json['id'] as string;
  await checkout({ userId: newId('bystander') });
  await expect(findings()).resolves.toEqual([]);
});

afterEach(async () => {
  // Damage left unrepaired would be a violation in the next story.
  await expect(violations().then((found) => Object.values(found).flat())).resolves.toEqual([]);
});

const names = (id: string, why: RegExp) =>
  expect.arrayContaining([{ id, kind: 'other', why: expect.stringMatching(why) }]);

it('I1 names a payment whose outbox row is gone', async () => {
  let row: unknown;
  const found = await damaged(
    async () => {
      const statement = 'DELETE FROM payments.outbox WHERE subject = $1 RETURNING *';
      [row] = await sql('payments', statement, [victim]);
    },
    // The connector publishes the row again; every consumer recognises the duplicate.
    () =>
      sql(
        'payments',
        'INSERT INTO payments.outbox SELECT * FROM json_populate_record(NULL::payments.outbox, $1)',
        [JSON.stringify(row)],
      ),
  );
  expect(found['I1']).toEqual([
    { id: victim, kind: 'lost', why: expect.stringMatching(/has no outbox row/) },
  ]);
  expect(found['I3']).toEqual(names(victim, /comes from no outbox row/));
});

it('I2 names the subject of an outbox row when there is no such payment', async () => {
  const move = (from: string, to: string) =>
    sql('payments', 'UPDATE payments.outbox SET subject = $2 WHERE subject = $1', [from, to]);
  // An update, because the connector publishes only inserts: loyalty would award points for a new
  // row.
  const found = await damaged(
    () => move(victim, noPayment),
    () => move(noPayment, victim),
  );
  expect(found['I2']).toEqual([
    { id: noPayment, kind: 'other', why: expect.stringMatching(/there is no such payment/) },
  ]);
});

it('I3 names an event that is not in the topic, and a record without an outbox row', async () => {
  // A record cannot be removed from a topic, and a foreign one would stay for three days. So the
  // auditor reads a copy of the topic that lacks one record and has one too many.
  const topic = newId('damaged-copy');
  const kafka = { brokers: at.KAFKA_BROKERS, clientId: 'damage' };
  await ensureTopics({ ...kafka, topics: [{ name: topic, partitions: 6, config: {} }] });
  const producer = new RecordProducer(kafka);
  await producer.connect();
  try {
    for await (const { key, value, headers } of readTopic({ ...kafka, topic: PAYMENT_COMPLETED })) {
      const isVictims = String(headers['ce_subject']) === victim;
      if (!isVictims) await producer.send({ topic, key, value, headers });
    }
    const foreign = { ce_id: randomUUID(), ce_subject: noPayment };
    await producer.send({ topic, key: null, value: Buffer.from('{}'), headers: foreign });
  } finally {
    await producer.disconnect();
  }
  const found = await violations(() => ({
    published: (from, take) => readPublished({ brokers: at.KAFKA_BROKERS, topic, from }, take),
  }));
  expect(found['I3']).toEqual([
    {
      id: victim,
      kind: 'lost',
      why: expect.stringMatching(/is not in the topic, and the slot has moved/),
    },
    { id: noPayment, kind: 'other', why: expect.stringMatching(/comes from no outbox row/) },
  ]);
});

it('I4 names a payment that is left open, unless the PSP was away for as long', async () => {
  const forget = () =>
    sql('payments', 'DELETE FROM payments.payments WHERE id = $1', [noPayment]).finally(() =>
      sql('payments', 'DELETE FROM payments.psp_outages WHERE id = $1', [noPayment]),
    );
  const leaveOpen = () =>
    sql(
      'payments',
      `INSERT INTO payments.payments (id, user_id, order_id, amount_minor, currency,
         payment_method, status, version, created_at, traceparent, psp_attempts, lease_until)
       VALUES ($1, $2, 'left-open', 1, 'EUR', 'pm_card_visa', 'UNKNOWN', 2,
         now() - interval '10 minutes', '00-x', 0, now() + interval '1 hour')`,
      [noPayment, userId],
    );
  const found = await damaged(leaveOpen, forget);
  expect(found['I4']).toEqual([
    {
      id: noPayment,
      kind: 'other',
      why: expect.stringMatching(/UNKNOWN for \d+ s in which the PSP could be asked/),
    },
  ]);

  const excused = await damaged(async () => {
    await leaveOpen();
    await sql(
      'payments',
      `INSERT INTO payments.psp_outages VALUES
         ($1, now() - interval '11 minutes', now() - interval '1 minute')`,
      [noPayment],
    );
  }, forget);
  expect(excused['I4']).toEqual([]);
});

it('I5 and I11 name a payment that was captured twice, until one is refunded', async () => {
  let refund = async () => {};
  const found = await damaged(
    async () => ({ refund } = await captureByHand({ paymentId: victim, amountMinor: 1299 })),
    () => refund(),
  );
  expect(found['I5']).toEqual([
    { id: victim, kind: 'doubled', why: expect.stringMatching(/captured 2 times/) },
  ]);
  expect(found['I11']).toEqual([
    { id: victim, kind: 'doubled', why: expect.stringMatching(/captured 2 times/) },
  ]);
});

it('I5 names money taken for no payment', async () => {
  let refund = async () => {};
  const found = await damaged(
    async () => ({ refund } = await captureByHand({ paymentId: noPayment, amountMinor: 1 })),
    () => refund(),
  );
  expect(found['I5']).toEqual([
    { id: noPayment, kind: 'other', why: 'captured, but there is no such payment' },
  ]);
});

it('I6 names a payment whose points are gone, and the account that no longer adds up', async () => {
  let entry: unknown;
  const found = await damaged(
    async () => {
      const statement = 'DELETE FROM loyalty.points_entries WHERE payment_id = $1 RETURNING *';
      [entry] = await sql('loyalty', statement, [victim]);
    },
    () =>
      sql(
        'loyalty',
        `INSERT INTO loyalty.points_entries
         SELECT * FROM json_populate_record(NULL::loyalty.points_entries, $1)`,
        [JSON.stringify(entry)],
      ),
  );
  expect(found['I6']).toEqual([
    {
      id: victim,
      kind: 'lost',
      why: expect.stringMatching(/no points entry, though loyalty has completed/),
    },
    { id: userId, kind: 'other', why: expect.stringMatching(/the balance of user/) },
  ]);
});

it('I6 names the user whose balance is wrong', async () => {
  const add = (points: number) =>
    sql('loyalty', 'UPDATE loyalty.accounts SET balance = balance + $2 WHERE user_id = $1', [
      userId,
      points,
    ]);
  const found = await damaged(
    () => add(1),
    () => add(-1),
  );
  expect(found['I6']).toEqual([
    { id: userId, kind: 'other', why: expect.stringMatching(/the sum of its/) },
  ]);
});

it('I6 names a payment whose points entry is for another amount', async () => {
  const add = (amountMinor: number) =>
    sql(
      'loyalty',
      'UPDATE loyalty.points_entries SET amount_minor = amount_minor + $2 WHERE payment_id = $1',
      [victim, amountMinor],
    );
  const found = await damaged(
    () => add(1),
    () => add(-1),
  );
  expect(found['I6']).toEqual([
    {
      id: victim,
      kind: 'other',
      why: `its points entry is for 1300 EUR of user ${userId}, the payment 1299 EUR of user ${userId}`,
    },
  ]);
});

it('I7 names a payment mailed twice, until there is evidence of a maybe_duplicate', async () => {
  const redis = new Redis(at.REDIS_URL);
  const mailer = createTransport(at.SMTP_URL);
  const messageId = `<${victim}.receipt@effectively-once.example>`;
  try {
    const found = await damaged(
      () =>
        mailer.sendMail({
          messageId,
          from: 'receipts@example.com',
          to: 'customer@example.com',
          subject: 'Your receipt, again',
          text: 'Thank you, again.',
        }),
      // The mail cannot be taken back. The repair is the evidence that permits a second mail.
      () => redis.xadd('email:maybe-duplicate', '*', 'paymentId', victim, 'messageId', messageId),
    );
    expect(found['I7']).toEqual([
      { id: victim, kind: 'doubled', why: expect.stringMatching(/mailed 2 receipts/) },
    ]);
  } finally {
    redis.disconnect();
    mailer.close();
  }
});

it('I7 names a payment that was never mailed', async () => {
  // The provider's journal is append-only and not ours. So the auditor reads it without that mail.
  const found = await violations((stores) => ({
    receipts: (take) =>
      stores.receipts((receipt) => (receipt.paymentId === victim ? undefined : take(receipt))),
  }));
  expect(found['I7']).toEqual([
    {
      id: victim,
      kind: 'lost',
      why: expect.stringMatching(/no receipt, though email has completed/),
    },
  ]);
});

describe('I8', () => {
  const elasticsearch = new Client({ node: at.ELASTICSEARCH_URL });
  const index = 'payments';
  afterAll(() => elasticsearch.close());

  it('names a payment whose document is gone', async () => {
    const { _source: document, _version = 0 } = await elasticsearch.get({ index, id: victim });
    // external_gte, because Elasticsearch remembers a deleted document's version for a minute.
    const version = { version: _version, version_type: 'external_gte' as const };
    const found = await damaged(
      () => elasticsearch.delete({ index, id: victim, ...version }),
      () => elasticsearch.index({ index, id: victim, document, ...version }),
    );
    expect(found['I8']).toEqual([
      {
        id: victim,
        kind: 'lost',
        why: expect.stringMatching(/no document, though search has completed/),
      },
    ]);
  });

  it('names a document of another version than its payment', async () => {
    const add = (versions: number) =>
      sql('payments', 'UPDATE payments.payments SET version = version + $2 WHERE id = $1', [
        victim,
        versions,
      ]);
    const found = await damaged(
      () => add(1),
      () => add(-1),
    );
    expect(found['I8']).toEqual([
      { id: victim, kind: 'other', why: expect.stringMatching(/its document has version/) },
    ]);
  });

  it('names a document of the same version that is for another amount', async () => {
    const { _source: document, _version = 0 } = await elasticsearch.get({ index, id: victim });
    // As search would write it from a forged record that is delivered first.
    const version = { version: _version, version_type: 'external_gte' as const };
    const forged = { ...(document as object), amountMinor: 1300 };
    const found = await damaged(
      () => elasticsearch.index({ index, id: victim, document: forged, ...version }),
      () => elasticsearch.index({ index, id: victim, document, ...version }),
    );
    expect(found['I8']).toEqual([
      {
        id: victim,
        kind: 'other',
        why: `its document is for 1300 EUR of user ${userId}, the payment 1299 EUR of user ${userId}`,
      },
    ]);
  });

  it('names a document without a payment', async () => {
    const found = await damaged(
      () => elasticsearch.index({ index, id: noPayment, document: { userId } }),
      () => elasticsearch.delete({ index, id: noPayment }),
    );
    expect(found['I8']).toEqual([
      { id: noPayment, kind: 'other', why: 'has a document, but there is no such payment' },
    ]);
  });
});

it('I11 names a payment whose stored response contradicts its status', async () => {
  const setStoredStatus = (status: number) =>
    sql(
      'payments',
      'UPDATE payments.idempotency_keys SET response_status = $2 WHERE payment_id = $1',
      [victim, status],
    );
  const found = await damaged(
    () => setStoredStatus(402),
    () => setStoredStatus(201),
  );
  expect(found['I11']).toEqual([
    {
      id: victim,
      kind: 'other',
      why: 'its stored response says 402 COMPLETED, but the payment is COMPLETED',
    },
  ]);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { TOPICS } from '@effectively-once/contracts';
import { readTopic } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { Redis } from 'ioredis';
import pg from 'pg';
import { at, checkout, findings, journal, newId, withFault } from './system-under-test.js';

// Unique strings: each place where one is found is a leak.
const email = `${newId('private')}@example.com`;
const refusedEmail = `${newId('refused')}@example.com`;
const key = newId('secret-key');
const secrets = [email, refusedEmail, key, 'pm_card_visa'];

let paymentId: string;
let refusedPaymentId: string;

beforeAll(async () => {
  const paid = await checkout({ userId: newId('user'), email, key });
  paymentId = String(paid.json['id']);
  await waitUntil('the receipt', async () => (await journal('mails', { paymentId })).length > 0);
  // A refused address makes a dead letter and an SMTP error whose text quotes the address.
  refusedPaymentId = await withFault(
    { target: 'smtp', kind: '550', address: refusedEmail },
    async () => {
      const refused = await checkout({ userId: newId('user'), email: refusedEmail });
      const id = String(refused.json['id']);
      await waitUntil('the dead letter', async () => {
        const letters = await everythingIn('payment.completed.email.dlq');
        return letters.some((letter) => letter.includes(id));
      });
      return id;
    },
  );
});

it('the receipt reached its address, so the searches below are for existing data', async () => {
  await expect(journal('mails', { address: email })).resolves.toHaveLength(1);
  expect(refusedPaymentId).not.toBe(paymentId);
});

it('no event, header or dead letter holds an address, a key or a card', async () => {
  for (const { name } of TOPICS) expectNoSecret(await everythingIn(name));
});

it('no log line holds an address, a key or a card', () => {
  const folder = String(at['LOG_FOLDER']);
  const apps = /^(payments|email|loyalty|search|console)/;
  const files = readdirSync(folder).filter((file) => apps.test(file));
  expect(files.length).toBeGreaterThanOrEqual(5);
  for (const file of files) expectNoSecret([readFileSync(join(folder, file), 'utf8')]);
});

it.each(['PAYMENTS', 'EMAIL', 'LOYALTY', 'SEARCH', 'CONSOLE'])(
  'no metric of %s holds an address, a key or a card',
  async (app) => {
    const metrics = await fetch(`http://127.0.0.1:${String(at[`${app}_PORT`])}/metrics`);
    const text = await metrics.text();
    expect(text).toContain('process_cpu_seconds_total');
    expectNoSecret([text]);
  },
);

it('Redis, the loyalty database and the search index hold no address, key or card', async () => {
  const redis = new Redis(at.REDIS_URL);
  const database = new pg.Client(at.AUDITOR_LOYALTY_URL);
  const elasticsearch = new Client({ node: at.ELASTICSEARCH_URL });
  await database.connect();
  try {
    const keys = await redis.keys('*');
    const values = await Promise.all(
      keys.map(async (name) =>
        (await redis.type(name)) === 'string' ? redis.get(name) : redis.xrange(name, '-', '+'),
      ),
    );
    expectNoSecret([JSON.stringify(keys), JSON.stringify(values)]);
    const { rows } = await database.query('SELECT * FROM loyalty.points_entries');
    expectNoSecret([JSON.stringify(rows)]);
    const found = await elasticsearch.get({ index: 'payments', id: paymentId });
    expectNoSecret([JSON.stringify(found)]);
  } finally {
    redis.disconnect();
    await database.end();
    await elasticsearch.close();
  }
});

it('the auditor cannot read the customers', async () => {
  const database = new pg.Client(at.AUDITOR_PAYMENTS_URL);
  await database.connect();
  try {
    await expect(database.query('SELECT * FROM payments.customers')).rejects.toThrow(
      /permission denied/,
    );
  } finally {
    await database.end();
  }
});

it('a refused receipt is a pending dead letter, not a lost one', async () => {
  await expect(findings()).resolves.toEqual([]);
});

function expectNoSecret(texts: string[]): void {
  for (const text of texts) {
    for (const secret of secrets) {
      // Not toContain: its failure message would print the whole log.
      if (text.includes(secret)) throw new Error(`${secret} is in: ${around(text, secret)}`);
    }
  }
}

function around(text: string, secret: string): string {
  const index = text.indexOf(secret);
  return text.slice(Math.max(0, index - 200), index + secret.length + 50);
}

async function everythingIn(topic: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const { key: recordKey, value, headers } of readTopic({
    brokers: at.KAFKA_BROKERS,
    clientId: 'e2e',
    topic,
  })) {
    const values = Object.entries(headers).flatMap(([name, header]) => [name, String(header)]);
    texts.push([recordKey, value, ...values].map(String).join('\n'));
  }
  return texts;
}

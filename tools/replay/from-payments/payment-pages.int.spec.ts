import { randomUUID } from 'node:crypto';
import { paymentsDataSource } from '@effectively-once/payments/database';
import { createTestDatabase, type TestDatabase } from '@effectively-once/testing';
import pg from 'pg';
import { extentSince, paymentPages } from './payment-pages.js';

const FIRST_MS = Date.parse('2024-02-01T00:00:00Z');
const DAY_MS = 24 * 3_600_000;

let testDatabase: TestDatabase;
let admin: pg.Client;
let auditor: pg.Client;
const stored: { id: string; atMs: number }[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase('replay');
  admin = new pg.Client({ connectionString: testDatabase.url });
  await admin.connect();
  await admin.query('CREATE SCHEMA payments');
  const migrations = await paymentsDataSource({ url: testDatabase.url, poolMax: 1 }).initialize();
  await migrations.runMigrations();
  await migrations.destroy();
  auditor = new pg.Client({ connectionString: testDatabase.as('auditor') });
  await auditor.connect();
  // Three in one millisecond, twenty in one second, then one after each longer silence.
  for (let number = 0; number < 3; number++) await store(FIRST_MS);
  for (let number = 0; number < 20; number++) await store(FIRST_MS + number * 50);
  for (const days of [1, 9, 90, 600]) await store(FIRST_MS + days * DAY_MS);
  await store(undefined);
});
afterAll(async () => {
  await auditor.end();
  await admin.end();
  await testDatabase.drop();
});

/** Without a time: a payment that is not completed. */
async function store(atMs: number | undefined): Promise<void> {
  const id = randomUUID();
  if (atMs !== undefined) stored.push({ id, atMs });
  await admin.query(
    `INSERT INTO payments.payments
       (id, user_id, order_id, amount_minor, currency, payment_method, status, version, psp_reference,
        created_at, completed_at, traceparent, psp_attempts, lease_token, lease_until)
     VALUES ($1, 'alice', $2, 1299, 'EUR', 'pm_card_visa', $3, 2, 'pi_1', now(), $4, 'trace', 1, NULL, $5)`,
    atMs === undefined
      ? [id, `order-${id}`, 'UNKNOWN', null, new Date()]
      : [id, `order-${id}`, 'COMPLETED', new Date(atMs), null],
  );
}

async function read(range: { firstMs: number; lastMs: number }, pageSize?: number) {
  const pages: string[][] = [];
  for await (const page of paymentPages(auditor, range, pageSize)) {
    pages.push(page.map(({ paymentId }) => paymentId));
  }
  return pages;
}

const inOrder = () =>
  [...stored]
    .sort((one, other) => one.atMs - other.atMs || (one.id < other.id ? -1 : 1))
    .map(({ id }) => id);

const whole = async () => {
  const { firstMs = 0, lastMs = 0 } = await extentSince(auditor, new Date(0));
  return { firstMs, lastMs };
};

it.each([1, 2, 3, 7, 500])(
  'every completed payment once, oldest first, in pages of %d',
  async (pageSize) => {
    const pages = await read(await whole(), pageSize);
    expect(pages.flat()).toEqual(inOrder());
    expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(pageSize);
  },
);

it('only those of the range, with both its ends', async () => {
  const range = { firstMs: FIRST_MS + 50, lastMs: FIRST_MS + DAY_MS };
  const expected = stored.filter(({ atMs }) => atMs >= range.firstMs && atMs <= range.lastMs);
  expect((await read(range)).flat().sort()).toEqual(expected.map(({ id }) => id).sort());
});

it('counts what it will read', async () => {
  await expect(extentSince(auditor, new Date(FIRST_MS + 50))).resolves.toEqual({
    count: stored.filter(({ atMs }) => atMs >= FIRST_MS + 50).length,
    firstMs: FIRST_MS + 50,
    lastMs: FIRST_MS + 600 * DAY_MS,
  });
  await expect(extentSince(auditor, new Date())).resolves.toMatchObject({ count: 0 });
});

it('is the event that the transaction wrote', async () => {
  const first = await paymentPages(auditor, await whole(), 1).next();
  expect(first.value).toEqual([
    {
      paymentId: inOrder()[0],
      orderId: `order-${inOrder()[0]}`,
      userId: 'alice',
      amountMinor: 1299,
      currency: 'EUR',
      completedAt: '2024-02-01T00:00:00.000Z',
      paymentVersion: 2,
      traceparent: 'trace',
    },
  ]);
});

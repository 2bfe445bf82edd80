import { consoleDataSource } from '@effectively-once/console/database';
import { createTestDatabase, waitUntil, type TestDatabase } from '@effectively-once/testing';
import pg from 'pg';
import { parseDay } from './day.js';
import type { DayStores } from './day-stores.js';
import { FakeStores } from './fake-stores.fixture.js';
import { reconcile, type Reconciled } from './reconcile.js';
import { WRITE, type WritePattern } from './write-patterns.js';

const DAY = '2026-11-20';

let testDatabase: TestDatabase;
let admin: pg.Client;
let database: pg.Client;

beforeAll(async () => {
  testDatabase = await createTestDatabase('reconcile');
  admin = await connected(testDatabase.url);
  await admin.query('CREATE SCHEMA console');
  const migrations = await consoleDataSource({ url: testDatabase.url, poolMax: 1 }).initialize();
  await migrations.runMigrations();
  await migrations.destroy();
  await admin.query('GRANT USAGE ON SCHEMA console TO console_app');
});
beforeEach(async () => {
  await admin.query('TRUNCATE console.daily_totals');
  database = await connected(testDatabase.as('console_app'));
});
afterEach(async () => await database.end());
afterAll(async () => {
  await admin.end();
  await testDatabase.drop();
});

describe('a day', () => {
  it('has the totals of each of the four stores, per currency and user', async () => {
    const stores = new FakeStores();
    stores.pay('alice', 100, 'EUR');
    stores.pay('alice', 250, 'EUR');
    stores.pay('alice', 7, 'USD');
    stores.pay('bob', 9_999_999_999, 'EUR');
    const { totals, differences } = await run(stores);
    expect(differences).toEqual([]);
    expect(totals).toHaveLength(12);
    expect(totals.slice(0, 3)).toEqual([
      { source: 'payments', currency: 'EUR', userId: 'alice', payments: 2, amountMinor: '350' },
      {
        source: 'payments',
        currency: 'EUR',
        userId: 'bob',
        payments: 1,
        amountMinor: '9999999999',
      },
      { source: 'payments', currency: 'USD', userId: 'alice', payments: 1, amountMinor: '7' },
    ]);
  });

  it.each<[string, (stores: FakeStores, id: string) => void, string]>([
    ['captured twice', (stores, id) => stores.captured.push(stores.amountOf(id)), 'psp'],
    ['refunded by the PSP', (stores, id) => stores.refund(id), 'psp'],
    ['without points', (stores, id) => stores.lose('awarded', id), 'points'],
    ['without its document', (stores, id) => stores.lose('indexed', id), 'documents'],
    [
      'awarded points for another amount',
      (stores, id) => (stores.find('awarded', id).amountMinor = 1),
      'points',
    ],
    [
      'indexed under another user',
      (stores, id) => (stores.find('indexed', id).userId = 'mallory'),
      'documents',
    ],
  ])('names the user of a payment that is %s', async (_, damage, source) => {
    const stores = new FakeStores();
    stores.pay('bob', 500);
    damage(stores, stores.pay('alice', 100));
    const { differences } = await run(stores);
    const alice = differences.find(({ userId }) => userId === 'alice');
    const said = alice?.says[source as 'psp'];
    expect(said).not.toEqual({ payments: 1, amountMinor: '100' });
    expect(differences.map(({ userId }) => userId)).not.toContain('bob');
  });

  it('gives the same bytes when it runs twice', async () => {
    const stores = new FakeStores();
    for (let n = 1; n <= 50; n += 1) stores.pay(`user-${n % 7}`, n);
    stores.lose('awarded', stores.pay('alice', 1));
    const first = await run(stores);
    // The result must not depend on the order of the stores.
    for (const rows of [stores.paid, stores.captured, stores.awarded, stores.indexed])
      rows.reverse();
    expect(JSON.stringify(await run(stores))).toBe(JSON.stringify(first));
  });

  it('includes a late effect in the next run', async () => {
    const stores = new FakeStores();
    const id = stores.pay('alice', 100);
    const late = stores.lose('awarded', id);
    expect((await run(stores)).differences).toHaveLength(1);
    stores.awarded.push(late);
    expect((await run(stores)).differences).toEqual([]);
  });

  it('deletes a total that turned out to be wrong', async () => {
    const stores = new FakeStores();
    stores.awarded.push({ ...stores.amountOf(stores.pay('alice', 100)), userId: 'mallory' });
    expect(users(await run(stores))).toEqual(['alice', 'mallory']);
    stores.awarded.pop();
    expect(users(await run(stores))).toEqual(['alice']);
  });

  it('does not change other days', async () => {
    const stores = new FakeStores();
    stores.pay('alice', 100);
    const before = await run(stores, '2026-11-19');
    await run(new FakeStores());
    expect(await stored('2026-11-19')).toHaveLength(before.totals.length);
  });

  it.each(['after the payments', 'after the effects', 'in the last statement'])(
    'keeps its old totals if the run dies %s',
    async (where) => {
      const stores = new FakeStores();
      stores.pay('alice', 100);
      await run(stores);
      const before = await stored(DAY);
      stores.pay('bob', 200);
      const { rows } = await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const kill = async () =>
        void (await admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]));
      const dying: Record<string, Partial<DayStores>> = {
        'after the payments': { pointsOf: async () => (await kill(), []) },
        'after the effects': {
          captures: async function* () {
            yield stores.captured;
            await kill();
          },
        },
      };
      database.on('error', () => undefined);
      if (where === 'in the last statement') await breakOverwriting();
      try {
        await expect(
          reconcile({ database, stores: { ...stores, ...dying[where] }, day: parseDay(DAY) }),
        ).rejects.toThrow();
      } finally {
        await admin.query('ALTER TABLE console.daily_totals DROP CONSTRAINT IF EXISTS broken');
      }
      expect(await stored(DAY)).toEqual(before);
    },
  );

  it('is written by one run at a time', async () => {
    const stores = new FakeStores();
    for (let n = 1; n <= 20; n += 1) stores.pay(`user-${n}`, n);
    const other = await connected(testDatabase.as('console_app'));
    const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    let second: Promise<Reconciled> | undefined;
    const slow: DayStores = {
      ...stores,
      captures: async function* () {
        second = reconcile({ database: other, stores, day: parseDay(DAY) });
        await waitUntil('the second run to wait for the first', () => isWaiting(rows[0]?.pid));
        yield stores.captured;
      },
    };
    try {
      const first = await reconcile({ database, stores: slow, day: parseDay(DAY) });
      expect(await second).toEqual(first);
      expect(await stored(DAY)).toHaveLength(first.totals.length);
    } finally {
      await other.end();
    }
  });
});

describe('of the three write patterns', () => {
  /** The first run had a wrong total for alice, a false one for mallory, and none for bob. */
  const afterCorrection = async (write: WritePattern) => {
    const first = new FakeStores();
    first.pay('alice', 1);
    first.pay('mallory', 1);
    await run(first, DAY, write);
    const corrected = new FakeStores();
    corrected.pay('alice', 100);
    corrected.pay('bob', 200);
    const { totals } = await run(corrected, DAY, write);
    return Object.fromEntries(
      totals
        .filter(({ source }) => source === 'payments')
        .map(({ userId, amountMinor }) => [userId, Number(amountMinor)]),
    );
  };

  it.each<[WritePattern, Record<string, number>]>([
    ['overwrite', { alice: 100, bob: 200 }],
    ['merge', { alice: 100, bob: 200, mallory: 1 }],
    ['insert_if_absent', { alice: 1, bob: 200, mallory: 1 }],
  ])('%s leaves %j after a correction', async (write, expected) => {
    expect(await afterCorrection(write)).toEqual(expected);
  });

  it.each(Object.keys(WRITE) as WritePattern[])('%s is idempotent', async (write) => {
    const stores = new FakeStores();
    stores.pay('alice', 100);
    expect(await run(stores, DAY, write)).toEqual(await run(stores, DAY, write));
  });
});

const run = async (stores: FakeStores, day = DAY, write?: WritePattern): Promise<Reconciled> =>
  await reconcile({ database, stores, day: parseDay(day), ...(write ? { write } : {}) });

const users = ({ totals }: Reconciled) => [...new Set(totals.map(({ userId }) => userId))].sort();

async function isWaiting(pid: number | undefined): Promise<boolean> {
  const { rowCount } = await admin.query(
    `SELECT FROM pg_locks WHERE pid = $1 AND locktype = 'advisory' AND NOT granted`,
    [pid],
  );
  return rowCount === 1;
}

async function stored(day: string): Promise<unknown[]> {
  const { rows } = await admin.query(
    'SELECT * FROM console.daily_totals WHERE day = $1 ORDER BY source, currency, user_id',
    [day],
  );
  return rows as unknown[];
}

/** After this, the DELETE of the old rows succeeds and the INSERT of the new ones fails. */
async function breakOverwriting(): Promise<void> {
  await admin.query(
    `ALTER TABLE console.daily_totals ADD CONSTRAINT broken CHECK (user_id <> 'bob')`,
  );
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

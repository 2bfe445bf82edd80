import { randomUUID } from 'node:crypto';
import { consoleDataSource } from '@effectively-once/console/database';
import { createTestDatabase, waitUntil, type TestDatabase } from '@effectively-once/testing';
import pg from 'pg';
import { dayNamed } from './day.js';
import type { DayStores } from './day-stores.js';
import { reconcile, type Reconciled } from './reconcile.js';
import type { Amount } from './staging.js';
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
  it('comes to what each of the four says, per currency and user', async () => {
    const world = new World();
    world.pay('alice', 100, 'EUR');
    world.pay('alice', 250, 'EUR');
    world.pay('alice', 7, 'USD');
    world.pay('bob', 9_999_999_999, 'EUR');
    const { totals, differences } = await run(world);
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

  it.each<[string, (world: World, id: string) => void, string]>([
    ['captured twice', (world, id) => world.captured.push(world.amountOf(id)), 'psp'],
    ['given back by the PSP', (world, id) => world.giveBack(id), 'psp'],
    ['without points', (world, id) => world.forget('awarded', id), 'points'],
    ['without its document', (world, id) => world.forget('indexed', id), 'documents'],
    [
      'awarded points for another amount',
      (world, id) => (world.find('awarded', id).amountMinor = 1),
      'points',
    ],
    [
      'indexed under another user',
      (world, id) => (world.find('indexed', id).userId = 'mallory'),
      'documents',
    ],
  ])('names the user of a payment %s', async (_, damage, source) => {
    const world = new World();
    world.pay('bob', 500);
    damage(world, world.pay('alice', 100));
    const { differences } = await run(world);
    const alice = differences.find(({ userId }) => userId === 'alice');
    const said = alice?.says[source as 'psp'];
    expect(said).not.toEqual({ payments: 1, amountMinor: '100' });
    expect(differences.map(({ userId }) => userId)).not.toContain('bob');
  });

  it('run twice comes to the same bytes', async () => {
    const world = new World();
    for (let n = 1; n <= 50; n += 1) world.pay(`user-${n % 7}`, n);
    world.forget('awarded', world.pay('alice', 1));
    const first = await run(world);
    // In whatever order the stores tell it.
    for (const rows of [world.paid, world.captured, world.awarded, world.indexed]) rows.reverse();
    expect(JSON.stringify(await run(world))).toBe(JSON.stringify(first));
  });

  it('has what came late in its next run', async () => {
    const world = new World();
    const id = world.pay('alice', 100);
    const late = world.forget('awarded', id);
    expect((await run(world)).differences).toHaveLength(1);
    world.awarded.push(late);
    expect((await run(world)).differences).toEqual([]);
  });

  it('forgets what turned out not to be', async () => {
    const world = new World();
    world.awarded.push({ ...world.amountOf(world.pay('alice', 100)), userId: 'mallory' });
    expect(users(await run(world))).toEqual(['alice', 'mallory']);
    world.awarded.pop();
    expect(users(await run(world))).toEqual(['alice']);
  });

  it('leaves the other days alone', async () => {
    const world = new World();
    world.pay('alice', 100);
    const before = await run(world, '2026-11-19');
    await run(new World());
    expect(await stored('2026-11-19')).toHaveLength(before.totals.length);
  });

  it.each(['after the payments', 'after the effects', 'in the last statement'])(
    'is as it was when the run dies %s',
    async (where) => {
      const world = new World();
      world.pay('alice', 100);
      await run(world);
      const before = await stored(DAY);
      world.pay('bob', 200);
      const { rows } = await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const kill = async () =>
        void (await admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]));
      const dying: Record<string, Partial<DayStores>> = {
        'after the payments': { pointsOf: async () => (await kill(), []) },
        'after the effects': {
          captures: async function* () {
            yield world.captured;
            await kill();
          },
        },
      };
      database.on('error', () => undefined);
      if (where === 'in the last statement') await breakOverwriting();
      try {
        await expect(
          reconcile({ database, stores: { ...world, ...dying[where] }, day: dayNamed(DAY) }),
        ).rejects.toThrow();
      } finally {
        await admin.query('ALTER TABLE console.daily_totals DROP CONSTRAINT IF EXISTS broken');
      }
      expect(await stored(DAY)).toEqual(before);
    },
  );

  it('is written by one run after the other', async () => {
    const world = new World();
    for (let n = 1; n <= 20; n += 1) world.pay(`user-${n}`, n);
    const other = await connected(testDatabase.as('console_app'));
    const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    let second: Promise<Reconciled> | undefined;
    const slow: DayStores = {
      ...world,
      captures: async function* () {
        second = reconcile({ database: other, stores: world, day: dayNamed(DAY) });
        await waitUntil('the second run to wait for the first', () => isWaiting(rows[0]?.pid));
        yield world.captured;
      },
    };
    try {
      const first = await reconcile({ database, stores: slow, day: dayNamed(DAY) });
      expect(await second).toEqual(first);
      expect(await stored(DAY)).toHaveLength(first.totals.length);
    } finally {
      await other.end();
    }
  });
});

describe('of the three ways to write a result', () => {
  /** Alice's total was wrong, mallory's does not exist, bob's was not there yet. */
  const afterCorrection = async (write: WritePattern) => {
    const first = new World();
    first.pay('alice', 1);
    first.pay('mallory', 1);
    await run(first, DAY, write);
    const corrected = new World();
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
  ])('after a correction %s leaves %j', async (write, expected) => {
    expect(await afterCorrection(write)).toEqual(expected);
  });

  it.each(Object.keys(WRITE) as WritePattern[])('%s can be repeated', async (write) => {
    const world = new World();
    world.pay('alice', 100);
    expect(await run(world, DAY, write)).toEqual(await run(world, DAY, write));
  });
});

/** Four stores that know the same, until a test makes one forget. */
class World implements DayStores {
  readonly paid: (Amount & { userId: string })[] = [];
  readonly captured: Amount[] = [];
  readonly awarded: Amount[] = [];
  readonly indexed: Amount[] = [];

  pay(userId: string, amountMinor: number, currency = 'EUR'): string {
    const payment = { paymentId: randomUUID(), userId, currency, amountMinor };
    this.paid.push(payment);
    this.captured.push({ ...payment, userId: undefined });
    this.awarded.push({ ...payment });
    this.indexed.push({ ...payment });
    return payment.paymentId;
  }

  giveBack(paymentId: string): void {
    const { amountMinor, ...amount } = this.amountOf(paymentId);
    this.captured.push({ ...amount, amountMinor: -amountMinor });
  }

  amountOf(paymentId: string): Amount {
    return { ...this.find('paid', paymentId), userId: undefined };
  }

  find(where: 'paid' | 'awarded' | 'indexed', paymentId: string): Amount {
    const found = this[where].find((amount) => amount.paymentId === paymentId);
    if (!found) throw new Error(`no such payment: ${paymentId}`);
    return found;
  }

  forget(where: 'awarded' | 'indexed', paymentId: string): Amount {
    const amount = this.find(where, paymentId);
    this[where].splice(this[where].indexOf(amount), 1);
    return amount;
  }

  readonly paymentsOf = () => this.inBatches(this.paid);
  readonly captures = () => this.inBatches(this.captured);
  readonly pointsOf = async (ids: string[]) => await Promise.resolve(of(ids, this.awarded));
  readonly documentsOf = async (ids: string[]) => await Promise.resolve(of(ids, this.indexed));

  private async *inBatches<Row>(rows: Row[]): AsyncGenerator<Row[]> {
    for (let start = 0; start < rows.length; start += 3) {
      yield await Promise.resolve(rows.slice(start, start + 3));
    }
  }
}

const of = (ids: string[], amounts: Amount[]) =>
  amounts.filter(({ paymentId }) => ids.includes(paymentId));

const run = async (world: World, day = DAY, write?: WritePattern): Promise<Reconciled> =>
  await reconcile({ database, stores: world, day: dayNamed(day), ...(write ? { write } : {}) });

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

/** The old rows can be deleted, the new ones not be written. */
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

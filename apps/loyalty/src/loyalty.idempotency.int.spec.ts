import { randomUUID } from 'node:crypto';
import type { DecodedEvent } from '@effectively-once/contracts';
import { IdempotencyCollision } from '@effectively-once/delivery';
import { createTestDatabase, type TestDatabase } from '@effectively-once/testing';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { AwardPoints, pointsFor } from './award-points.js';
import { loyaltyDataSource } from './database.js';
import { LoyaltyIdempotency, type UnitOfWork } from './loyalty.idempotency.js';

let testDatabase: TestDatabase;
let database: DataSource;
let strategy: LoyaltyIdempotency;
const awardPoints = new AwardPoints();

beforeAll(async () => {
  testDatabase = await createTestDatabase('loyalty');
  database = await loyaltyDataSource({ url: testDatabase.url }).initialize();
  await database.runMigrations();
  strategy = new LoyaltyIdempotency(database);
});
afterAll(async () => {
  await database.destroy();
  await testDatabase.drop();
});

function anEvent(changes: Partial<DecodedEvent['data']> = {}): DecodedEvent {
  return {
    id: randomUUID(),
    time: new Date().toISOString(),
    traceparent: undefined,
    data: {
      paymentId: randomUUID(),
      orderId: 'o-1',
      userId: `user-${randomUUID()}`,
      amountMinor: 1299,
      currency: 'EUR',
      completedAt: new Date().toISOString(),
      paymentVersion: 2,
      ...changes,
    },
  };
}

const award = (event: DecodedEvent) =>
  strategy.once(event.data, (unit: UnitOfWork) => awardPoints.run(event, unit));

async function balanceOf(userId: string): Promise<number | undefined> {
  const [row] = await database.query<{ balance: string }[]>(
    'SELECT balance FROM loyalty.accounts WHERE user_id = $1',
    [userId],
  );
  return row && Number(row.balance);
}

it('awards once, however often the event comes and under whatever event id', async () => {
  const event = anEvent();
  await expect(award(event)).resolves.toBe('applied');
  await expect(award(event)).resolves.toBe('duplicate');
  await expect(award({ ...event, id: randomUUID() })).resolves.toBe('duplicate');
  await expect(balanceOf(event.data.userId)).resolves.toBe(12);
});

it('awards once when fifty deliveries of one event run at the same time', async () => {
  const event = anEvent();
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => award(event)));
  expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1);
  await expect(balanceOf(event.data.userId)).resolves.toBe(12);
});

it('adds up what a user paid, however the payments interleave', async () => {
  const userId = `user-${randomUUID()}`;
  const amounts = Array.from({ length: 40 }, (_, index) => 100 * (index + 1));
  await Promise.all(amounts.map((amountMinor) => award(anEvent({ userId, amountMinor }))));
  const sum = amounts.reduce((points, amountMinor) => points + pointsFor(amountMinor), 0);
  await expect(balanceOf(userId)).resolves.toBe(sum);
});

it('writes neither entry nor balance when the effect fails', async () => {
  const event = anEvent();
  const failing = strategy.once(event.data, async (unit) => {
    await awardPoints.run(event, unit);
    throw new Error('after declaring');
  });
  await expect(failing).rejects.toThrow('after declaring');
  await expect(balanceOf(event.data.userId)).resolves.toBeUndefined();
  await expect(award(event)).resolves.toBe('applied');
});

it.each([{ amountMinor: 1 }, { userId: 'mallory' }, { currency: 'USD' }])(
  'the same payment with another %o is a collision, and changes nothing',
  async (change) => {
    const event = anEvent();
    await award(event);
    const other = award({ ...event, data: { ...event.data, ...change } });
    await expect(other).rejects.toBeInstanceOf(IdempotencyCollision);
    await expect(balanceOf(event.data.userId)).resolves.toBe(12);
  },
);

it('a database that is gone is a dependency that is down; a bug of ours is not', async () => {
  const gone = new pg.Pool({ connectionString: 'postgres://nobody:x@127.0.0.1:1/loyalty' });
  const event = anEvent();
  const awardWith = (store: unknown) =>
    new LoyaltyIdempotency(store as DataSource).once(event.data, (unit) =>
      awardPoints.run(event, unit),
    );
  await expect(awardWith(gone)).rejects.toMatchObject({
    name: 'DependencyDown',
    dependency: 'loyalty-database',
  });
  await gone.end();
  // Retried for ever and never counted, it would hold up its partition until somebody looks.
  const broken = { query: () => Promise.reject(new TypeError('x is not a function')) };
  await expect(awardWith(broken)).rejects.toBeInstanceOf(TypeError);
});

it('the service may add entries, and may not change or remove one', async () => {
  const { rows } = (await database
    .query(
      `SELECT privilege_type FROM information_schema.role_table_grants
       WHERE grantee = 'loyalty_app' AND table_name = 'points_entries' ORDER BY 1`,
    )
    .then((found: unknown) => ({ rows: found }))) as { rows: { privilege_type: string }[] };
  expect(rows.map((row) => row.privilege_type)).toEqual(['INSERT', 'SELECT']);
});

it('the migration can be taken back and made again', async () => {
  await database.undoLastMigration();
  await expect(database.query('SELECT FROM loyalty.accounts')).rejects.toThrow(/does not exist/);
  await database.runMigrations();
  await expect(database.query('SELECT FROM loyalty.accounts')).resolves.toEqual([]);
});

import { randomUUID } from 'node:crypto';
import { majorUnits, type PaymentCompleted } from '@effectively-once/contracts';
import { aPayment, provesIdempotency, type Death } from '@effectively-once/delivery/testing';
import {
  createTestDatabase,
  TcpProxy,
  waitUntil,
  type TestDatabase,
} from '@effectively-once/testing';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { AwardPoints } from './award-points.js';
import { LoyaltyCircuits } from './circuits.js';
import { loyaltyDataSource } from './database/database.js';
import { probeEntries } from './database/write-probe.js';
import { LoyaltyIdempotency, type UnitOfWork } from './loyalty.idempotency.js';

type Store = Pick<DataSource, 'query'>;

let testDatabase: TestDatabase;
let database: DataSource;
const circuits: LoyaltyCircuits[] = [];
const awardPoints = new AwardPoints();

beforeAll(async () => {
  testDatabase = await createTestDatabase('loyalty');
  database = await loyaltyDataSource({ url: testDatabase.url }).initialize();
  await database.runMigrations();
});
// A circuit that is open probes the database every second, also while a later test changes it.
afterEach(() => circuits.splice(0).forEach(({ database: circuit }) => circuit.close()));
afterAll(async () => {
  await database.destroy();
  await testDatabase.drop();
});

/** The strategy of another process of the app. */
function strategyOver(store: Store): LoyaltyIdempotency {
  const own = new LoyaltyCircuits({ options: { url: testDatabase.url } as DataSource['options'] });
  circuits.push(own);
  return new LoyaltyIdempotency(store, own);
}

const declare = (payment: PaymentCompleted, unit: UnitOfWork) =>
  awardPoints.run({ id: randomUUID(), time: '', traceparent: undefined, data: payment }, unit);

const award = (strategy: LoyaltyIdempotency, payment: PaymentCompleted) =>
  strategy.once(payment, (unit) => declare(payment, unit));

async function balanceOf(userId: string): Promise<number | undefined> {
  const [row] = await database.query<{ balance: string }[]>(
    'SELECT balance FROM loyalty.accounts WHERE user_id = $1',
    [userId],
  );
  return row && Number(row.balance);
}

const outcomes = (settled: PromiseSettledResult<unknown>[]) =>
  settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).name));

const sqlState = (settled: PromiseSettledResult<unknown>) =>
  settled.status === 'rejected' ? (settled.reason as { code?: string }).code : undefined;

/** Locks the balance of this user, so that a statement that changes it waits. */
async function lockAccount(userId: string): Promise<() => Promise<void>> {
  const holder = new pg.Client({ connectionString: testDatabase.url });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query(
    `INSERT INTO loyalty.accounts AS account VALUES ($1, 0)
     ON CONFLICT (user_id) DO UPDATE SET balance = account.balance`,
    [userId],
  );
  return async () => {
    await holder.query('ROLLBACK');
    await holder.end();
  };
}

/** Kills the session that waits for a lock. @returns whether there was one. */
async function killWaitingSession(): Promise<boolean> {
  const killed = await database.query<unknown[]>(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return killed.length > 0;
}

describe('the contract of every strategy', () => {
  const deaths: Death[] = [
    {
      at: 'before the statement',
      deliver: (payment, dies) => strategyOver(database).once(payment, dies),
    },
    {
      at: 'while the statement runs',
      deliver: async (payment, dies) => {
        const release = await lockAccount(payment.userId);
        const ownSession = await loyaltyDataSource({ url: testDatabase.url }).initialize();
        let outcome: string | undefined;
        const delivery = award(strategyOver(ownSession), payment).then(
          (applied) => (outcome = applied),
          () => undefined,
        );
        await waitUntil('the statement to wait, or to have nothing to do', async () =>
          outcome === 'duplicate' ? true : await killWaitingSession(),
        );
        await delivery;
        await release();
        await ownSession.destroy();
        if (outcome === undefined) await dies();
      },
    },
    {
      at: 'after the commit',
      deliver: async (payment, dies) => {
        const dieBeforeTheAnswer = async (sql: string, parameters?: unknown[]) => {
          await database.query(sql, parameters);
          return await dies();
        };
        await award(strategyOver({ query: dieBeforeTheAnswer }), payment);
      },
    },
  ];

  provesIdempotency({
    strategy: () => strategyOver(database),
    effect: declare,
    timesDone: async ({ userId, paymentId }) => {
      const entries = await database.query<{ payment_id: string; points: string }[]>(
        'SELECT payment_id, points FROM loyalty.points_entries WHERE user_id = $1',
        [userId],
      );
      const sum = entries.reduce((points, entry) => points + Number(entry.points), 0);
      expect((await balanceOf(userId)) ?? 0).toBe(sum);
      return entries.filter((entry) => entry.payment_id === paymentId).length;
    },
    kept: async ({ userId, paymentId }) => [
      await balanceOf(userId),
      await database.query('SELECT * FROM loyalty.points_entries WHERE payment_id = $1', [
        paymentId,
      ]),
    ],
    deaths,
  });
});

describe('many entries in one statement', () => {
  it('the entries of 200 lanes make one statement', async () => {
    const statements: string[] = [];
    const counting: Store = {
      query: async <Rows>(sql: string, parameters?: unknown[]) => {
        statements.push(sql);
        return await database.query<Rows>(sql, parameters);
      },
    };
    const strategy = strategyOver(counting);
    const payments = Array.from({ length: 200 }, () => aPayment());
    await Promise.all(payments.map((payment) => award(strategy, payment)));
    expect(statements).toHaveLength(1);
  });

  it('one invalid entry fails alone, and the other 199 are exact', async () => {
    const strategy = strategyOver(database);
    const users = Array.from({ length: 20 }, () => `user-${randomUUID()}`);
    const payments = Array.from({ length: 200 }, (_, index) =>
      aPayment({ userId: users[index % 20]!, amountMinor: 100 * (index + 1) }),
    );
    payments[77]!.amountMinor = -1;
    const settled = await Promise.allSettled(payments.map((payment) => award(strategy, payment)));
    const expected = payments.map((_, index) => (index === 77 ? 'PermanentFailure' : 'applied'));
    expect(outcomes(settled)).toEqual(expected);
    for (const [place, userId] of users.entries()) {
      const theirs = payments.filter((_, index) => index % 20 === place && index !== 77);
      const sum = theirs.reduce(
        (points, { amountMinor }) => points + majorUnits(amountMinor, 'EUR'),
        0,
      );
      expect(await balanceOf(userId)).toBe(sum);
    }
  });

  it('the same payment twice in one batch: the first is written, the second compared with it', async () => {
    const strategy = strategyOver(database);
    const [twice, forged] = [aPayment(), aPayment()];
    // The statement sorts by user, so this user's row comes first.
    const forgery = { ...forged, userId: '0' };
    const settled = await Promise.allSettled(
      [twice, forged, twice, forgery].map((payment) => award(strategy, payment)),
    );
    expect(outcomes(settled)).toEqual(['applied', 'applied', 'duplicate', 'IdempotencyCollision']);
    await expect(balanceOf(twice.userId)).resolves.toBe(12);
    await expect(balanceOf(forged.userId)).resolves.toBe(12);
  });

  it('processes that write for the same users at the same time do not deadlock', async () => {
    const rounds = 40;
    const failures: unknown[] = [];
    const watched: Store = {
      query: async <Rows>(sql: string, parameters?: unknown[]) => {
        try {
          return await database.query<Rows>(sql, parameters);
        } catch (error) {
          // Count failed statements, not failed entries: one by one the entries are still written.
          failures.push((error as { code?: string }).code);
          throw error;
        }
      },
    };
    const processes = Array.from({ length: 3 }, () => strategyOver(watched));
    const users = Array.from({ length: 50 }, () => `user-${randomUUID()}`);
    const shuffled = <Item>(items: Item[]) => items.toSorted(() => Math.random() - 0.5);
    for (let round = 0; round < rounds; round += 1) {
      const ofEveryUser = () => users.map((userId) => aPayment({ userId, amountMinor: 100 }));
      const common = ofEveryUser();
      const all = processes.flatMap((strategy) =>
        shuffled([...common, ...ofEveryUser()]).map((payment) => award(strategy, payment)),
      );
      const applied = (await Promise.all(all)).filter((outcome) => outcome === 'applied');
      expect(applied).toHaveLength(users.length * (1 + processes.length));
    }
    expect(failures).toEqual([]);
    for (const userId of users) expect(await balanceOf(userId)).toBe(rounds * 4);
  });

  it('a locked account of one user does not delay other users', async () => {
    const strategy = strategyOver(database);
    const payments = Array.from({ length: 20 }, () => aPayment());
    const locked = payments[7]!;
    const release = await lockAccount(locked.userId);
    const settled = await Promise.allSettled(payments.map((payment) => award(strategy, payment)));
    await release();
    expect(settled.map(sqlState)).toEqual(
      payments.map((payment) => (payment === locked ? '55P03' : undefined)),
    );
    // The lock timeout is not a permanent failure.
    await expect(award(strategy, locked)).resolves.toBe('applied');
  });

  it.each([
    { code: '57014', what: 'statements that time out', tried: 4 },
    { code: '57P01', what: 'a server that shuts down', tried: 1 },
  ])('$what: not all 200 entries are tried one by one', async ({ code, tried }) => {
    let statements = 0;
    const failure = Object.assign(new Error('every statement fails'), { code });
    const failing = () => {
      statements += 1;
      return Promise.reject(failure);
    };
    const strategy = strategyOver({ query: failing });
    const payments = Array.from({ length: 200 }, () => aPayment());
    const settled = await Promise.allSettled(payments.map((payment) => award(strategy, payment)));
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(200);
    expect(statements).toBe(tried);
  });
});

describe('a database that fails', () => {
  it('unreachable, it is a dependency that is down, and the circuit opens; a bug of ours is not', async () => {
    const gone = new pg.Pool({ connectionString: 'postgres://nobody:x@127.0.0.1:1/loyalty' });
    const blind = strategyOver(gone);
    await expect(award(blind, aPayment())).rejects.toMatchObject({
      name: 'DependencyDown',
      dependency: 'loyalty-database',
    });
    expect(circuits.at(-1)?.database.reading).toBe('open');
    await gone.end();
    // A TypeError is our bug, and counts. As an outage, delivery would retry it for ever.
    const broken = strategyOver({ query: () => Promise.reject(new TypeError('no function')) });
    await expect(award(broken, aPayment())).rejects.toBeInstanceOf(TypeError);
    expect(circuits.at(-1)?.database.reading).toBe('closed');
  });

  it.each([
    ['read-only', 'ALTER ROLE loyalty_app IN DATABASE %I SET default_transaction_read_only = on'],
    ['without its permission', 'REVOKE INSERT ON loyalty.points_entries FROM loyalty_app'],
    ['without its table', 'ALTER TABLE loyalty.points_entries RENAME TO elsewhere'],
  ])('%s, it is down for every entry, and the probe notices', async (_, damage) => {
    const broken = await createTestDatabase('loyalty');
    const prepared = await loyaltyDataSource({ url: broken.url }).initialize();
    await prepared.runMigrations();
    const url = broken.as('loyalty_app');
    await expect(probeEntries(url)).resolves.toBeUndefined();
    await prepared.query(damage.replace('%I', new URL(url).pathname.slice(1)));
    const app = await loyaltyDataSource({ url }).initialize();
    await expect(award(strategyOver(app), aPayment())).rejects.toMatchObject({
      name: 'DependencyDown',
    });
    await expect(probeEntries(url)).rejects.toMatchObject({
      code: expect.stringMatching(/^(25006|42501|42P01)$/) as string,
    });
    await app.destroy();
    await prepared.destroy();
    await broken.drop();
  });

  it('silent, it is down too, and the silent connection is not used again', async () => {
    const { hostname: host, port } = new URL(testDatabase.url);
    const proxy = await TcpProxy.listen({ port: 0, to: { host, port: Number(port) } });
    const url = new URL(testDatabase.url);
    url.host = `127.0.0.1:${proxy.port}`;
    const far = await loyaltyDataSource({ url: url.toString(), queryTimeoutMs: 200 }).initialize();
    const connections = () => (far.driver as unknown as { master: pg.Pool }).master.totalCount;
    await award(strategyOver(far), aPayment());
    expect(connections()).toBe(1);
    await proxy.hang();
    await expect(award(strategyOver(far), aPayment())).rejects.toMatchObject({
      name: 'DependencyDown',
    });
    expect(connections()).toBe(0);
    await proxy.heal();
    await expect(award(strategyOver(far), aPayment())).resolves.toBe('applied');
    await far.destroy();
    await proxy.refuse();
  });
});

it('the service may add entries, and may not change or remove one', async () => {
  const granted = await database.query<{ privilege_type: string }[]>(
    `SELECT privilege_type FROM information_schema.role_table_grants
      WHERE grantee = 'loyalty_app' AND table_name = 'points_entries' ORDER BY 1`,
  );
  expect(granted.map((row) => row.privilege_type)).toEqual(['INSERT', 'SELECT']);
});

it('the migration can be reverted and applied again', async () => {
  await database.undoLastMigration();
  await expect(database.query('SELECT FROM loyalty.accounts')).rejects.toThrow(/does not exist/);
  await database.runMigrations();
  await expect(database.query('SELECT FROM loyalty.accounts')).resolves.toEqual([]);
});

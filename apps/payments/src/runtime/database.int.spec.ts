import { Client } from 'pg';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { paymentsDataSource } from './database.js';
import { OutboxPartitions, outboxPartitionsAhead } from '../outbox/partitions.js';
import { freshDatabase, type FreshDatabase } from '../testing/fresh-database.js';

const DAY_MS = 86_400_000;
const TABLES = `SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('payments')
  AND relkind IN ('r', 'p') ORDER BY relname`;

describe('the payments database', () => {
  let database: FreshDatabase;
  let app: DataSource;
  beforeAll(async () => {
    database = await freshDatabase();
    app = await paymentsDataSource({ url: database.as('payments_app') }).initialize();
  }, 30_000);
  afterAll(async () => {
    await app.destroy();
    await database.drop();
  });

  const days = async () => {
    const { rows } = await database.admin.query<{ relname: string }>(TABLES);
    return rows.map(({ relname }) => relname).filter((name) => /^outbox_\d/.test(name));
  };
  const dayName = (aheadDays: number) =>
    `outbox_${new Date(Date.now() + aheadDays * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
  const insertEvent = async (occurredAt: string) =>
    await database.admin.query(
      `INSERT INTO payments.outbox VALUES (gen_random_uuid(), '1.0', 'payment.completed', 'alice',
        'payment.completed', 'x', ${occurredAt}, 's', '00-x', '{}')`,
    );

  it('goes up, down to nothing, and up again', async () => {
    const other = await freshDatabase();
    const owner = await paymentsDataSource({ url: other.as('payments_owner') }).initialize();
    try {
      const { rows: up } = await other.admin.query(TABLES);
      for (const _ of owner.migrations) await owner.undoLastMigration();
      expect((await other.admin.query(TABLES)).rows).toEqual([]);
      await owner.runMigrations();
      expect((await other.admin.query(TABLES)).rows).toEqual(up);
    } finally {
      await owner.destroy();
      await other.drop();
    }
  });

  it('has entities that say what the migrations made', async () => {
    // A column TypeORM misunderstands would be read wrongly, not refused.
    const columns = app.getMetadata('Payment').columns.map(({ databaseName }) => databaseName);
    const { rows } = await database.admin.query<{ column_name: string }>(
      `SELECT column_name FROM information_schema.columns
       WHERE table_schema = 'payments' AND table_name = 'payments'`,
    );
    expect(rows.map(({ column_name }) => column_name)).toEqual(expect.arrayContaining(columns));
  });

  describe('refuses, whatever the application believes,', () => {
    const insert = (changes: Record<string, unknown> = {}) => {
      const row = {
        id: crypto.randomUUID(),
        user_id: 'alice',
        order_id: `order-${crypto.randomUUID()}`,
        amount_minor: 1,
        currency: 'EUR',
        payment_method: 'pm_card_visa',
        status: 'PENDING',
        version: 1,
        created_at: new Date(),
        traceparent: '00-x',
        psp_attempts: 0,
        lease_until: new Date(),
        ...changes,
      };
      const places = Object.keys(row).map((_, index) => `$${index + 1}`);
      return app.query<[{ id: string }]>(
        `INSERT INTO payments.payments (${Object.keys(row).join(', ')}) VALUES (${places.join(', ')})
         RETURNING id`,
        Object.values(row),
      );
    };

    it.each([
      ['an amount of nothing', { amount_minor: 0 }],
      ['an amount beyond the limit', { amount_minor: 10_000_000_000 }],
      ['a currency in lower case', { currency: 'eur' }],
      ['an unknown status', { status: 'PAID' }],
      ['a payment born completed', { status: 'COMPLETED', completed_at: new Date() }],
      ['an open payment without a lease', { lease_until: null }],
    ])('%s', async (_, changes) => {
      await expect(insert(changes)).rejects.toThrow(/constraint|policy/);
    });

    it('a second live payment of one order', async () => {
      await insert({ order_id: 'twice' });
      await expect(insert({ order_id: 'twice' })).rejects.toThrow('payments_one_live_per_order');
      await insert({ order_id: 'twice', user_id: 'bob' });
    });

    it('to change a final payment, or what was bought', async () => {
      const [{ id }] = await insert();
      await app.query(
        `UPDATE payments.payments SET status = 'FAILED', failure_code = 'x', lease_until = NULL
         WHERE id = $1`,
        [id],
      );
      await app.query(
        `UPDATE payments.payments SET status = 'COMPLETED', failure_code = NULL,
           completed_at = now(), psp_reference = 'pi' WHERE id = $1`,
        [id],
      );
      const { rows } = await database.admin.query(
        'SELECT status FROM payments.payments WHERE id = $1',
        [id],
      );
      expect(rows).toEqual([{ status: 'FAILED' }]);
      await expect(
        app.query(`UPDATE payments.payments SET amount_minor = 2 WHERE id = $1`, [id]),
      ).rejects.toThrow('permission denied');
      await expect(app.query(`DELETE FROM payments.payments`)).rejects.toThrow('permission denied');
      await expect(app.query(`UPDATE payments.outbox SET payload = ''`)).rejects.toThrow(
        'permission denied',
      );
    });

    it('to make a payment PENDING again', async () => {
      const [{ id }] = await insert();
      const to = (status: string) =>
        app.query('UPDATE payments.payments SET status = $2, version = 2 WHERE id = $1', [
          id,
          status,
        ]);
      await to('UNKNOWN');
      await expect(to('PENDING')).rejects.toThrow('row-level security policy');
    });

    it('to show an address to the auditor, or anything but events to Debezium', async () => {
      const may = async (role: 'auditor' | 'debezium', sql: string) => {
        const client = new Client({ connectionString: database.as(role) });
        await client.connect();
        const outcome = await client.query(sql).then(
          () => 'yes',
          (error: Error) => error.message,
        );
        await client.end();
        return outcome;
      };
      for (const table of ['payments', 'outbox', 'idempotency_keys'])
        expect(await may('auditor', `SELECT FROM payments.${table}`)).toBe('yes');
      for (const table of ['customers', 'recipients'])
        expect(await may('auditor', `SELECT FROM payments.${table}`)).toMatch('permission denied');
      expect(await may('debezium', 'SELECT FROM payments.outbox')).toBe('yes');
      expect(await may('debezium', 'SELECT FROM payments.payments')).toMatch('permission denied');
    });
  });

  describe('the outbox', () => {
    it('has its partitions for today and the coming days from the start', async () => {
      expect(await days()).toEqual([0, 1, 2, 3].map(dayName));
    });

    it('says how many days are ready before one is missing, and makes the missing one', async () => {
      expect(await outboxPartitionsAhead(app)).toBe(3);
      await database.admin.query(`DROP TABLE payments.${dayName(2)}`);
      expect(await outboxPartitionsAhead(app)).toBe(1);
      await database.admin.query(`DROP TABLE payments.${dayName(1)}`);
      expect(await outboxPartitionsAhead(app)).toBe(0);
      await new OutboxPartitions(app, pino({ level: 'silent' })).keep();
      expect(await outboxPartitionsAhead(app)).toBe(3);
    });

    it('takes a row whose day was never made, and leaves that day alone later', async () => {
      await insertEvent(`now() + interval '30 days'`);
      await insertEvent(`now() + interval '4 days'`);
      const result = (await app.query(
        'SELECT payments.keep_outbox_days(5, 2) AS ready',
      )) as unknown;
      expect(result).toEqual([{ ready: 4 }]);
      expect(await days()).toContain(dayName(5));
      expect(await days()).not.toContain(dayName(4));
    });

    it.each([
      [0, 2],
      [15, 2],
      [3, 1],
      [3, 31],
    ])('is not kept for %i days ahead and %i back', async (ahead, kept) => {
      await expect(
        app.query('SELECT payments.keep_outbox_days($1, $2)', [ahead, kept]),
      ).rejects.toThrow('days_ahead must be');
    });
  });
});

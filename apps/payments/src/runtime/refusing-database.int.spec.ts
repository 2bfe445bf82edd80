import { waitUntil } from '@effectively-once/testing';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { pool } from './database.js';
import { paymentOf, problemOf } from '../testing/answers.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';
import { sendWebhook, succeeded } from '../testing/webhooks.js';

const GOES_ON_WITHIN_MS = 30_000;

interface Refusal {
  sqlState: string;
  because: string;
  /** SQL that makes the database refuse, and SQL that ends it. By the superuser. */
  begin: string[];
  end: string[];
  refuses: 'writes' | 'everything' | 'the event';
}

/** The error comes from a trigger where this machine cannot have the fault itself. */
const raised = (sqlState: string, because: string): Refusal => ({
  sqlState,
  because,
  begin: [
    `CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '${sqlState}'; END $$`,
    `CREATE TRIGGER refuse BEFORE INSERT ON payments.payments EXECUTE FUNCTION public.refuse()`,
  ],
  end: ['DROP TRIGGER refuse ON payments.payments', 'DROP FUNCTION public.refuse()'],
  refuses: 'writes',
});

const refusals: Refusal[] = [
  {
    sqlState: '25006',
    because: 'the role is read-only, as on a standby',
    begin: [
      'ALTER ROLE payments_app IN DATABASE :db SET default_transaction_read_only = on',
      ':cut',
    ],
    end: ['ALTER ROLE payments_app IN DATABASE :db RESET default_transaction_read_only', ':cut'],
    refuses: 'writes',
  },
  {
    sqlState: '42501',
    because: 'the permission to write is taken away',
    begin: ['REVOKE INSERT ON payments.payments FROM payments_app'],
    end: ['GRANT INSERT ON payments.payments TO payments_app'],
    refuses: 'writes',
  },
  {
    sqlState: '42501',
    because: 'the schema is closed',
    begin: ['REVOKE USAGE ON SCHEMA payments FROM payments_app', ':cut'],
    end: ['GRANT USAGE ON SCHEMA payments TO payments_app', ':cut'],
    refuses: 'everything',
  },
  {
    sqlState: '42501',
    because: 'the role may not connect',
    begin: ['REVOKE CONNECT ON DATABASE :db FROM PUBLIC, payments_app', ':cut'],
    end: ['GRANT CONNECT ON DATABASE :db TO PUBLIC'],
    refuses: 'everything',
  },
  {
    sqlState: '53300',
    because: 'too many connections',
    begin: ['ALTER DATABASE :db CONNECTION LIMIT 0', ':cut'],
    end: ['ALTER DATABASE :db CONNECTION LIMIT -1'],
    refuses: 'everything',
  },
  {
    sqlState: '55000',
    because: 'the database accepts no connections',
    begin: ["UPDATE pg_database SET datallowconn = false WHERE datname = ':db'", ':cut'],
    end: ["UPDATE pg_database SET datallowconn = true WHERE datname = ':db'"],
    refuses: 'everything',
  },
  {
    sqlState: '42P01',
    because: 'the table is gone',
    begin: ['ALTER TABLE payments.payments RENAME TO moved'],
    end: ['ALTER TABLE payments.moved RENAME TO payments'],
    refuses: 'everything',
  },
  {
    sqlState: '42703',
    because: 'a column is gone, before or after a migration',
    begin: ['ALTER TABLE payments.payments RENAME traceparent TO moved'],
    end: ['ALTER TABLE payments.payments RENAME moved TO traceparent'],
    refuses: 'writes',
  },
  {
    sqlState: '42P10',
    because: 'the unique index of the keys is gone',
    begin: ['ALTER TABLE payments.idempotency_keys DROP CONSTRAINT idempotency_keys_pkey'],
    end: [
      `ALTER TABLE payments.idempotency_keys
         ADD CONSTRAINT idempotency_keys_pkey
         PRIMARY KEY (user_id, method, route, idempotency_key)`,
    ],
    refuses: 'writes',
  },
  {
    sqlState: '23514',
    because: 'the outbox has no partition for today',
    begin: [
      'ALTER TABLE payments.outbox DETACH PARTITION payments.outbox_default',
      'ALTER TABLE payments.outbox DETACH PARTITION payments.:today',
    ],
    end: ['ALTER TABLE payments.outbox ATTACH PARTITION payments.outbox_default DEFAULT'],
    refuses: 'the event',
  },
  {
    sqlState: '42501',
    because: 'the permission to write events is taken away',
    begin: ['REVOKE INSERT ON payments.outbox FROM payments_app'],
    end: ['GRANT INSERT ON payments.outbox TO payments_app'],
    refuses: 'the event',
  },
  {
    sqlState: '55P03',
    because: 'another session holds the lock',
    begin: [':lock'],
    end: [':unlock'],
    refuses: 'writes',
  },
  raised('53100', 'the disk is full'),
  raised('53200', 'the server is out of memory'),
  raised('53400', 'a configured limit is exceeded'),
  raised('57P03', 'the server starts up'),
  raised('58030', 'an I/O error'),
  raised('XX001', 'the data is corrupted'),
  raised('40001', 'a conflict with recovery on a standby'),
  raised('40P01', 'a deadlock'),
  raised('0A000', 'the plan of a prepared statement is out of date'),
];

/** It answers, and refuses the work of every checkout. */
describe('a database that refuses', () => {
  let payments: PaymentsUnderTest;
  let locker: Client;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start({ PSP_TIMEOUT_MS: '1000' });
    locker = new Client({ connectionString: payments.database.as('payments_owner') });
    await locker.connect();
  }, 30_000);
  afterAll(async () => {
    await locker.end();
    await payments.stop();
  });

  const special: Record<string, () => Promise<unknown>> = {
    // The settings of a role and the limits of a database are read when a session starts.
    ':cut': () =>
      payments.database.admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE usename = 'payments_app' AND datname = current_database()`,
      ),
    ':lock': () => locker.query('BEGIN; LOCK TABLE payments.payments IN SHARE MODE'),
    ':unlock': () => locker.query('ROLLBACK'),
  };
  async function run(statements: string[]): Promise<void> {
    const { admin } = payments.database;
    const { rows } = await admin.query<{ db: string; today: string }>(
      `SELECT current_database() AS db,
        'outbox_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD') AS today`,
    );
    for (const sql of statements) {
      const statement = sql
        .replace(':db', rows[0]?.db ?? '')
        .replace(':today', rows[0]?.today ?? '');
      await (special[sql]?.() ?? admin.query(statement));
    }
  }

  async function expectUnavailable(response: Response): Promise<void> {
    const problem = await problemOf(response);
    expect({ status: response.status, code: problem.code }).toEqual({
      status: 503,
      code: 'temporarily_unavailable',
    });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(problem.detail).not.toMatch(/charged/);
  }

  const readiness = async () => (await fetch(`${payments.url}/health/ready`)).status;
  const charges = (orders: number) => payments.psp.captures.length - orders;
  let keys = 0;

  it.each(refusals)(
    '$sqlState, $because: 503, and then the same key pays once',
    async (refusal) => {
      const key = `refused-${(keys += 1)}`;
      const body = newOrder();
      const paidBefore = await paymentOf(
        await payments.pay({ key: `before-${keys}`, body: newOrder() }),
      );
      const chargesBefore = payments.psp.captures.length;
      await run(refusal.begin);
      try {
        await expectUnavailable(await payments.pay({ key, body }));
        // Each connection of the pool meets the refusal.
        await expectUnavailable(await payments.pay({ key: `${key}-other`, body: newOrder() }));
        if (refusal.refuses === 'everything') {
          await expectUnavailable(await payments.get(`/v1/payments/${paidBefore.id}`));
          await expectUnavailable(await payments.get('/v1/payments?orderId=any'));
          const recipient = `/internal/payments/${paidBefore.id}/recipient`;
          await expectUnavailable(await payments.get(recipient, 'service-token'));
          const event = succeeded({ id: 'pi_1', paymentId: paidBefore.id });
          await expectUnavailable(await sendWebhook(payments, event));
        }
        expect(await readiness()).toBe(503);
      } finally {
        await run(refusal.end);
      }
      expect(await readiness()).toBe(200);
      // Charged and not finalized: only the completer may tell what happened.
      if (refusal.refuses === 'the event') expect(charges(chargesBefore)).toBeGreaterThan(0);
      const paid = await waitUntil('the same key to pay', async () => {
        const response = await payments.pay({ key, body });
        return response.status === 201 ? await paymentOf(response) : undefined;
      });
      expect(payments.psp.captures.filter(({ paymentId }) => paymentId === paid.id)).toHaveLength(
        1,
      );
      const { rowCount } = await payments.database.admin.query(
        'SELECT FROM payments.payments WHERE order_id = $1',
        [body.orderId],
      );
      expect(rowCount).toBe(1);
    },
  );

  // After a failover the open connections lead to the old server for ever.
  it('a failover: each read-only connection is closed, and checkouts go on over new ones', async () => {
    const connections = pool(payments.app.get(DataSource));
    const readOnly = 'ALTER ROLE payments_app IN DATABASE :db';
    await run([`${readOnly} SET default_transaction_read_only = on`, ':cut']);
    // A connection that was cut fails its first statement.
    await waitUntil('ten connections', async () => {
      const sleeps = Array.from({ length: 10 }, () => connections.query('SELECT pg_sleep(0.2)'));
      await Promise.all(sleeps);
      return connections.totalCount === 10;
    });
    await run([`${readOnly} RESET default_transaction_read_only`]);
    const body = newOrder();
    await waitUntil(
      'a checkout to pay',
      async () => (await payments.pay({ key: 'failover', body })).status === 201 || undefined,
      GOES_ON_WITHIN_MS,
    );
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => payments.pay({ key: `later-${n}`, body: newOrder() })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  });
});

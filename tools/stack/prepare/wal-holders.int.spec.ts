import { randomBytes } from 'node:crypto';
import { testAddresses, waitUntil } from '@effectively-once/testing';
import pg from 'pg';
import { createWalHolders } from './wal-holders.js';

const at = testAddresses();
const database = new URL(at.POSTGRES_SUPERUSER_URL);
database.pathname = '/payments';

// The test stack has one already. A replaced function would keep the rights of the one before.
beforeAll(async () => {
  const superuser = await connected('superuser');
  await superuser.query('DROP FUNCTION IF EXISTS payments.wal_holders()');
  await createWalHolders(superuser);
});

const clients: pg.Client[] = [];
afterEach(() =>
  Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined))),
);

/** @param role absent for the superuser. */
async function connected(application: string, role?: 'auditor' | 'payments_app') {
  const url = new URL(database);
  if (role) {
    url.username = role;
    url.password = String(at[`${role.toUpperCase()}_PASSWORD`]);
  }
  const client = new pg.Client({ connectionString: url.href, application_name: application });
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

const holders = async (client: pg.Client) =>
  (await client.query<{ pid: number }>('SELECT * FROM payments.wal_holders()')).rows;

it('names the session that has written, without its query, and not the one that has only read', async () => {
  const secret = `ada-${randomBytes(4).toString('hex')}@example.com`;
  const writer = await connected('a writer');
  const reader = await connected('a reader');
  const [writerPid, readerPid] = [await pidOf(writer), await pidOf(reader)];
  await writer.query('BEGIN');
  await writer.query(`SELECT pg_current_xact_id(), '${secret}'`);
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await reader.query('SELECT count(*) FROM payments.outbox');

  const auditor = await connected('auditor', 'auditor');
  const found = await waitUntil('the session, once it has been open for ten seconds', async () =>
    (await holders(auditor)).find(({ pid }) => pid === writerPid),
  );
  expect(found).toEqual({
    kind: 'session',
    pid: writerPid,
    application: 'a writer',
    role: 'postgres',
    database: 'payments',
    state: 'idle in transaction',
    open_seconds: expect.any(Number),
  });
  const all = await holders(auditor);
  expect(all.map(({ pid }) => pid)).not.toContain(readerPid);
  expect(JSON.stringify(all)).not.toContain(secret);
}, 60_000);

it('gives the auditor no other look at sessions, and the function to no other role', async () => {
  const auditor = await connected('auditor', 'auditor');
  const app = await connected('app', 'payments_app');
  const { rows } = await auditor.query<{ sees: boolean }>(
    `SELECT pg_has_role('pg_read_all_stats', 'USAGE') AS sees`,
  );
  expect(rows).toEqual([{ sees: false }]);
  await expect(holders(app)).rejects.toThrow('permission denied for function wal_holders');
  const owner = await (
    await connected('superuser')
  ).query<{ rolcanlogin: boolean; rolsuper: boolean }>(
    `SELECT rolcanlogin, rolsuper FROM pg_proc JOIN pg_roles ON pg_roles.oid = proowner
      WHERE proname = 'wal_holders'`,
  );
  expect(owner.rows).toEqual([{ rolcanlogin: false, rolsuper: false }]);
});

it('ends a session of an app that is idle inside a transaction', async () => {
  const limitOf = async (client: pg.Client) =>
    (await client.query<Record<string, string>>('SHOW idle_in_transaction_session_timeout'))
      .rows[0]?.['idle_in_transaction_session_timeout'];
  expect(await limitOf(await connected('app', 'payments_app'))).toBe('1min');
  // A person with psql, and every other program.
  expect(await limitOf(await connected('psql'))).toBe('15min');
  // It only reads, so it holds no log back. The audit waits inside a transaction while it reads
  // other stores.
  expect(await limitOf(await connected('auditor', 'auditor'))).toBe('0');

  const app = await connected('app', 'payments_app');
  await app.query(`SET idle_in_transaction_session_timeout = '100ms'`);
  await app.query('BEGIN');
  await app.query('SELECT pg_current_xact_id()');
  await waitUntil('the end of the session', async () => {
    const ended = await app.query('SELECT 1').catch((error: Error) => error);
    return ended instanceof Error;
  });
});

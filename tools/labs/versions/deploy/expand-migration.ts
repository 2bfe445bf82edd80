import pg from 'pg';
import { withTimeout } from '@effectively-once/timing';
import type { Environment } from '../../../stack/environment.js';

const MIGRATION_WITHIN_MS = 60_000;

/**
 * Expand: what a later release would need, and what the running code does not know. A nullable
 * column with a constraint that is validated apart, an index, a right on the column, and a table.
 *
 * A statement that needs a lock gives up after a second: while it waits, every checkout waits
 * behind it.
 * @see https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
 */
const EXPAND = [
  `SET lock_timeout = '1s'`,
  `ALTER TABLE payments.payments
     ADD COLUMN lab_channel text,
     ADD CONSTRAINT lab_channel_check CHECK (lab_channel ~ '^[a-z]{1,20}$') NOT VALID`,
  `ALTER TABLE payments.payments VALIDATE CONSTRAINT lab_channel_check`,
  `CREATE INDEX CONCURRENTLY lab_payments_by_channel
     ON payments.payments (lab_channel) WHERE lab_channel IS NOT NULL`,
  `GRANT UPDATE (lab_channel) ON payments.payments TO payments_app`,
  `CREATE TABLE payments.lab_channels (name text PRIMARY KEY)`,
];

const CONTRACT = [
  `SET lock_timeout = '1s'`,
  `DROP TABLE IF EXISTS payments.lab_channels`,
  `ALTER TABLE payments.payments DROP COLUMN IF EXISTS lab_channel`,
];

/** @returns how long it took, in ms. The services go on. */
export const expandSchema = (environment: Environment): Promise<number> =>
  migrate(environment, EXPAND);

/** Takes it back. Safe to repeat. */
export const contractSchema = (environment: Environment): Promise<number> =>
  migrate(environment, CONTRACT);

/** As the owner of the tables, as every migration. */
async function migrate({ settings }: Environment, statements: string[]): Promise<number> {
  const { PAYMENTS_OWNER_PASSWORD: password, POSTGRES_PORT: port } = settings;
  const startedAtMs = performance.now();
  const login = { host: '127.0.0.1', port, user: 'payments_owner', password };
  const client = new pg.Client({ ...login, database: 'payments' });
  await client.connect();
  try {
    for (const statement of statements)
      await withTimeout(client.query(statement), MIGRATION_WITHIN_MS);
  } finally {
    await client.end();
  }
  return performance.now() - startedAtMs;
}

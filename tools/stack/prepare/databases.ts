import { consoleDataSource } from '@effectively-once/console/database';
import { loyaltyDataSource } from '@effectively-once/loyalty/database';
import { paymentsDataSource } from '@effectively-once/payments/database';
import { newClient } from '@effectively-once/postgres/connections';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import type { Settings } from '../environment.js';
import { runMigrations } from './run-migrations.js';
import { createWalHolders } from './wal-holders.js';

const SLOT = 'payments_outbox';
const DATABASES = [
  { name: 'payments', dataSource: paymentsDataSource },
  { name: 'loyalty', dataSource: loyaltyDataSource },
  { name: 'console', dataSource: consoleDataSource },
] as const;

export interface PostgresOptions {
  host: string;
  port: number;
  settings: Settings;
}

/**
 * Creates roles, databases, tables and the replication slot. Safe to repeat at any time: it keeps
 * existing data and updates the passwords.
 */
export async function preparePostgres(options: PostgresOptions): Promise<void> {
  await withSuperuser(options, 'postgres', async (client) => {
    await createRoles(client, options.settings);
    for (const { name } of DATABASES) await createDatabase(client, name);
  });
  await Promise.all(DATABASES.map(({ name, dataSource }) => migrate(options, name, dataSource)));
  await withSuperuser(options, 'payments', createWalHolders);
  await createSlot(options);
}

async function createRoles(client: pg.Client, settings: Settings): Promise<void> {
  const roles = [
    ...DATABASES.flatMap(({ name }) => [
      { role: `${name}_owner`, password: password(settings, name, 'OWNER'), can: '' },
      { role: `${name}_app`, password: password(settings, name, 'APP'), can: '' },
    ]),
    { role: 'debezium', password: settings.DEBEZIUM_PASSWORD, can: 'REPLICATION' },
    { role: 'auditor', password: settings.AUDITOR_PASSWORD, can: '' },
  ];
  for (const { role, password, can } of roles) {
    const found = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
    await client.query(
      `${found.rowCount ? 'ALTER' : 'CREATE'} ROLE ${client.escapeIdentifier(role)} ` +
        `LOGIN ${can} PASSWORD ${client.escapeLiteral(password)}`,
    );
    await client.query(
      `ALTER ROLE ${client.escapeIdentifier(role)} ` +
        `SET idle_in_transaction_session_timeout = '${idleInTransactionMax(role)}'`,
    );
  }
}

/**
 * PostgreSQL ends a session that stays idle inside a transaction for longer. Such a session holds
 * back the write-ahead log, and at `max_slot_wal_keep_size` the connector loses its slot.
 */
function idleInTransactionMax(role: string): string {
  // Payments and loyalty never wait for anything else inside a transaction.
  if (role === 'payments_app' || role === 'loyalty_app') return '1min';
  // No limit for the two that only read, so that they hold no log back. The snapshot of Debezium
  // waits inside its transaction while Kafka is away, and the audit while it reads other stores.
  if (role === 'debezium' || role === 'auditor') return '0';
  // Migrations, and the reconciliation, which reads other stores inside its transaction.
  return '15min';
}

const password = (settings: Settings, database: string, role: 'OWNER' | 'APP') =>
  settings[`${database.toUpperCase()}_${role}_PASSWORD` as 'PAYMENTS_OWNER_PASSWORD'];

async function createDatabase(client: pg.Client, name: string): Promise<void> {
  const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (!found.rowCount) await client.query(`CREATE DATABASE ${name} OWNER ${name}_owner`);
  // Without it every role could connect to every database.
  await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  const guests = name === 'payments' ? `${name}_app, auditor, debezium` : `${name}_app, auditor`;
  await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${guests}`);
}

async function migrate(
  { host, port, settings }: PostgresOptions,
  name: string,
  open: (options: { url: string; poolMax: number }) => DataSource,
): Promise<void> {
  const secret = encodeURIComponent(password(settings, name, 'OWNER'));
  const database = open({
    url: `postgres://${name}_owner:${secret}@${host}:${port}/${name}`,
    poolMax: 1,
  });
  await database.initialize();
  try {
    // TypeORM stores its list of migrations in this schema, so no migration can create the schema.
    await database.query(`CREATE SCHEMA IF NOT EXISTS ${name}`);
    await runMigrations(database);
  } finally {
    await database.destroy();
  }
}

/**
 * Creates the replication slot before the first payment, because a slot contains only changes after
 * its creation. Creates it after the publication, because decoding older changes would fail.
 */
async function createSlot({ host, port, settings }: PostgresOptions): Promise<void> {
  const client = newClient({
    ...connection(host, port, 'payments'),
    user: 'debezium',
    password: settings.DEBEZIUM_PASSWORD,
  });
  await client.connect();
  try {
    const found = await client.query('SELECT FROM pg_replication_slots WHERE slot_name = $1', [
      SLOT,
    ]);
    if (found.rowCount) return;
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [SLOT]);
  } finally {
    await client.end();
  }
}

async function withSuperuser(
  { host, port, settings }: PostgresOptions,
  database: string,
  use: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = newClient({
    ...connection(host, port, database),
    user: 'postgres',
    password: settings.POSTGRES_PASSWORD,
  });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

const connection = (host: string, port: number, database: string) => ({
  host,
  port,
  database,
  applicationName: 'prepare',
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 30_000,
});

import { newClient } from '@effectively-once/postgres/connections';
import type { Client } from 'pg';

const STATEMENT_TIMEOUT_MS = 30_000;
const FETCH_ROWS = 2_000;

/** Opens a read-only connection in a transaction that sees one snapshot of the database. */
export async function openSnapshot(url: string): Promise<Client> {
  const client = newClient({
    connectionString: url,
    applicationName: 'auditor',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  await client.connect();
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  return client;
}

/** Fetches rows in batches, so that no table is in memory as a whole. Needs a transaction. */
export async function* rowsOf<Row>(client: Client, sql: string): AsyncGenerator<Row> {
  await client.query(`DECLARE audit_rows NO SCROLL CURSOR FOR ${sql}`);
  for (;;) {
    const { rows } = await client.query(`FETCH ${FETCH_ROWS} FROM audit_rows`);
    yield* rows as Row[];
    if (rows.length < FETCH_ROWS) break;
  }
  await client.query('CLOSE audit_rows');
}

/** A time as SQL literal, because DECLARE CURSOR takes no parameters. */
export const timeOf = (ms: number) => `'${new Date(ms).toISOString()}'::timestamptz`;

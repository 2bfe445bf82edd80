import { Client } from 'pg';

const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const FETCH_ROWS = 2_000;

/** Opens one read-only connection in a transaction that sees the database as of one instant. */
export async function openSnapshot(url: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: 'auditor',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
  });
  // A connection cut between two queries is reported by the next query; unheard, it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  return client;
}

/** A query's rows, some thousands at a time: the driver never holds a whole table. Needs a transaction. */
export async function* rowsOf<Row>(client: Client, sql: string): AsyncGenerator<Row> {
  await client.query(`DECLARE audit_rows NO SCROLL CURSOR FOR ${sql}`);
  for (;;) {
    const { rows } = await client.query(`FETCH ${FETCH_ROWS} FROM audit_rows`);
    yield* rows as Row[];
    if (rows.length < FETCH_ROWS) break;
  }
  await client.query('CLOSE audit_rows');
}

/** A time as a literal: a cursor takes no parameters. */
export const timeOf = (ms: number) => `'${new Date(ms).toISOString()}'::timestamptz`;

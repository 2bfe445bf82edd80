import pg from 'pg';
import type { Socket } from 'node:net';
import {
  CONNECT_TIMEOUT_MS,
  END_TIMEOUT_MS,
  QUERY_GRACE_MS,
  STATEMENT_TIMEOUT_MS,
} from './timeouts.js';

type Address = Pick<
  pg.ClientConfig,
  'connectionString' | 'host' | 'port' | 'user' | 'password' | 'database'
>;

export interface ConnectionOptions extends Address {
  applicationName: string;
  connectTimeoutMs?: number;
  /** The server cancels a statement after this time. */
  statementTimeoutMs?: number;
  /** The driver stops waiting after this time: a server that hangs must not hang the command. */
  queryTimeoutMs?: number;
}

/** A connection that is not open yet, for work outside TypeORM. */
export function newClient(options: ConnectionOptions): pg.Client {
  const client = new pg.Client(configOf(options));
  // The next query reports a cut connection. Without a listener, the error event would end the
  // process.
  client.on('error', () => undefined);
  endInTime(client);
  return client;
}

/** The driver waits until the server closes, on a half-dead connection for ever. So limit it. */
function endInTime(client: pg.Client): void {
  const { connection } = client as unknown as { connection: { stream: Socket } };
  const end = client.end.bind(client);
  client.end = async () => {
    const timer = setTimeout(() => connection.stream.destroy(), END_TIMEOUT_MS);
    try {
      await end();
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A pool, for work outside TypeORM. It replaces a cut connection at the next query. */
export function newPool({ max, ...options }: ConnectionOptions & { max: number }): pg.Pool {
  const pool = new pg.Pool({ ...configOf(options), max });
  pool.on('error', () => undefined);
  return pool;
}

function configOf({
  applicationName,
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
  statementTimeoutMs = STATEMENT_TIMEOUT_MS,
  queryTimeoutMs = statementTimeoutMs + QUERY_GRACE_MS,
  ...address
}: ConnectionOptions): pg.ClientConfig {
  return {
    ...address,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: queryTimeoutMs,
  };
}

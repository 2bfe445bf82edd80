import pg from 'pg';
import { CONNECT_TIMEOUT_MS, QUERY_TIMEOUT_MS, STATEMENT_TIMEOUT_MS } from './postgres-options.js';

/**
 * Runs `work` on a connection of its own, and closes it. For probes: a connection of the pool may
 * be dead, and after a failover it may still lead to the old server.
 * @throws the error of connecting (3 s at most) or of `work` (7 s at most for each statement).
 */
export async function onNewConnection<Result>(
  options: { url: string; applicationName: string },
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  // Without a listener, a connection that is cut would end the process. The statement fails anyway.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    // Not awaited: a server that does not answer must not delay the answer of the probe.
    void client.end().catch(() => undefined);
  }
}

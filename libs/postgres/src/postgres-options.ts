import type { Client } from 'pg';
import { CloseUnusableConnection } from './close-unusable-connection.js';
import { CONNECT_TIMEOUT_MS, QUERY_TIMEOUT_MS, STATEMENT_TIMEOUT_MS } from './timeouts.js';

const POOL_MAX = 10;
/** The server cancels a statement that waits this long for one lock. */
const LOCK_TIMEOUT_MS = 2_000;

/**
 * What every TypeORM `DataSource` of this system has in common: the limits of its connections, and
 * migrations as the only way to change a table. The app adds its entities and migrations.
 */
export function postgresOptions(options: {
  url: string;
  applicationName: string;
  poolMax?: number | undefined;
  queryTimeoutMs?: number | undefined;
}) {
  return {
    type: 'postgres' as const,
    url: options.url,
    applicationName: options.applicationName,
    migrationsTableName: 'migrations',
    // Tables change by migration only: a service that may alter its own tables can lose them.
    synchronize: false,
    poolSize: options.poolMax ?? POOL_MAX,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    subscribers: [CloseUnusableConnection],
    extra: {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      query_timeout: options.queryTimeoutMs ?? QUERY_TIMEOUT_MS,
      onConnect: ignoreConnectionErrors,
    },
  };
}

// TypeORM adds its error listener a moment after it gets a connection. If the server dies in
// between, an error event without a listener would end the process. With this listener, the next
// query fails.
const ignoreConnectionErrors = (client: Client) => void client.on('error', () => undefined);

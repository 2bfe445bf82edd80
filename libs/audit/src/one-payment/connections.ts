import { newPool } from '@effectively-once/postgres/connections';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Sources } from '../stores/stores.js';

const POOL_MAX = 3;
// A person waits for the answer, so a store that hangs is unreadable after this time.
const TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 1_500;

/**
 * Connections to every store that stay open, because a person waits for the answer. The audit opens
 * its own for each run. The databases are read as role auditor, in read-only transactions.
 */
export interface Connections {
  sources: Sources;
  payments: Pool;
  loyalty: Pool;
  console: Pool;
  redis: Redis;
  elasticsearch: Elasticsearch;
  close(): Promise<void>;
}

/** Connects at the first use. @throws nothing: a store that is down fails its own readings. */
export function connectionsTo(sources: Sources): Connections {
  const pool = (connectionString: string) =>
    newPool({
      connectionString,
      applicationName: 'auditor',
      max: POOL_MAX,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      statementTimeoutMs: TIMEOUT_MS,
    });
  const pools = {
    payments: pool(sources.paymentsUrl),
    loyalty: pool(sources.loyaltyUrl),
    console: pool(sources.consoleUrl),
  };
  const redis = redisAt(sources.redisUrl);
  const elasticsearch = new Elasticsearch({
    node: sources.elasticsearchUrl,
    requestTimeout: TIMEOUT_MS,
    maxRetries: 0,
  });
  return {
    sources,
    ...pools,
    redis,
    elasticsearch,
    async close() {
      redis.disconnect();
      await Promise.all([elasticsearch.close(), ...Object.values(pools).map((one) => one.end())]);
    },
  };
}

function redisAt(url: string): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    // One failed connection fails the commands that wait for it. The next ones connect again.
    maxRetriesPerRequest: 0,
    retryStrategy: () => TIMEOUT_MS,
  });
  // The command reports it too. Without a listener, ioredis prints the error.
  redis.on('error', () => undefined);
  return redis;
}

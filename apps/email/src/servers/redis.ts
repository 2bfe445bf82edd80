import { exponentialBackoffMs } from '@effectively-once/timing';
import { Redis } from 'ioredis';
import { REDIS_TIMEOUT_MS } from '../config.js';

const CONNECT_TIMEOUT_MS = 3_000;
/** No answer to any command for this time: the connection is dead. */
const SOCKET_TIMEOUT_MS = REDIS_TIMEOUT_MS + 1_000;
const RECONNECT_BACK_OFF = { firstMs: 100, maxMs: 2_000 };

/** Resolves when Redis answers. Waits without a limit for a Redis that is still starting. */
export async function connectRedis(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: REDIS_TIMEOUT_MS,
    // A connection can be half-dead: a proxy or a firewall swallows what is sent, and no error ever
    // comes. Without this limit ioredis would fail every command on it and never connect again.
    socketTimeout: SOCKET_TIMEOUT_MS,
    // After a failover the old connection leads to a replica for ever. A new one may lead to the
    // primary. `1`: reconnect, and do not send the command again.
    reconnectOnError: ({ message }) => (/^(READONLY|MASTERDOWN|LOADING)/.test(message) ? 1 : false),
    enableAutoPipelining: true,
    // Fail at once while Redis is away, so that delivery retries. A queued command would be sent
    // later, after its caller has failed: a claim without an owner.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => exponentialBackoffMs(times, RECONNECT_BACK_OFF),
  });
  // Every failed command rejects. An 'error' event without a listener would end the process.
  redis.on('error', () => undefined);
  if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve));
  return redis;
}

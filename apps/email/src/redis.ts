import { exponentialBackoffMs } from '@effectively-once/timing';
import { Redis } from 'ioredis';
import { REDIS_TIMEOUT_MS } from './config.js';

const CONNECT_TIMEOUT_MS = 3_000;
const RECONNECT_BACK_OFF = { firstMs: 100, maxMs: 2_000 };

/** Resolves when Redis answers. Waits for one that is still starting, as long as it takes. */
export async function connectRedis(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: REDIS_TIMEOUT_MS,
    enableAutoPipelining: true,
    // A command that waits in memory for Redis to return is a claim nobody made. Fail, and be retried.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => exponentialBackoffMs(times, RECONNECT_BACK_OFF),
  });
  // Every failed command rejects on its own; this event would only end the process.
  redis.on('error', () => undefined);
  if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve));
  return redis;
}

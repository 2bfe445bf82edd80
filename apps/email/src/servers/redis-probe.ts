import type { Redis } from 'ioredis';
import { assertKeepsEveryMarker } from './redis-memory.js';

const PROBE_KEY = 'email:probe';
const PROBE_TTL_MS = 60_000;

/**
 * Tries the work of email on a new connection. The connection of the claims may be half-dead, or
 * lead to an old primary. And a Redis can answer PING and refuse every claim: it is a replica, its
 * memory or disk is full, or a permission was taken away. A Redis that may evict markers grants no
 * claim either.
 * @throws the reply of Redis, or the error of connecting.
 */
export async function probeRedis(redis: Pick<Redis, 'duplicate'>): Promise<void> {
  const connection = redis.duplicate({ lazyConnect: true, retryStrategy: () => null });
  // Every failed command rejects. An 'error' event without a listener would end the process.
  connection.on('error', () => undefined);
  try {
    await connection.connect();
    await assertKeepsEveryMarker(connection);
    await connection.set(PROBE_KEY, '1', 'PX', PROBE_TTL_MS);
  } finally {
    connection.disconnect();
  }
}

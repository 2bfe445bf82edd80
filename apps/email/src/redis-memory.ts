import type { Redis } from 'ioredis';
import { Gauge } from 'prom-client';

/**
 * An eviction policy that may touch keys with a TTL deletes exactly the marks that stop a second
 * receipt, and says nothing.
 * @throws Error naming the setting.
 */
export async function assertKeepsEveryMark(redis: Pick<Redis, 'info'>): Promise<void> {
  const memory = await readMemory(redis);
  if (memory.policy !== 'noeviction') {
    throw new Error(`Redis must run with maxmemory-policy noeviction, not ${memory.policy}`);
  }
}

/**
 * `redis_memory_used_ratio`: since nothing is evicted, at 1 no receipt can be claimed and none is sent.
 * Redis is asked when the metric is; while it does not answer there is no reading.
 */
export function measureMemory(redis: Pick<Redis, 'info'>): void {
  new Gauge({
    name: 'redis_memory_used_ratio',
    help: 'Memory Redis uses, as a part of its maxmemory; 0 without one',
    async collect() {
      try {
        const { usedBytes, maxBytes } = await readMemory(redis);
        this.set(maxBytes > 0 ? usedBytes / maxBytes : 0);
      } catch {
        // A Redis that is down has its own alert, and must not take the other metrics with it.
        this.remove();
      }
    },
  });
}

async function readMemory(redis: Pick<Redis, 'info'>) {
  const info = await redis.info('memory');
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
  return {
    policy: field('maxmemory_policy'),
    usedBytes: Number(field('used_memory') ?? 0),
    maxBytes: Number(field('maxmemory') ?? 0),
  };
}

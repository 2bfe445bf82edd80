import type { Redis } from 'ioredis';
import { Gauge } from 'prom-client';

/**
 * Refuses an eviction policy: Redis would silently delete the deduplication markers that prevent a
 * second receipt.
 * @throws Error naming the setting.
 */
export async function assertKeepsEveryMarker(redis: Pick<Redis, 'info'>): Promise<void> {
  const memory = await readMemory(redis);
  if (memory.policy !== 'noeviction') {
    throw new Error(`Redis must run with maxmemory-policy noeviction, not ${memory.policy}`);
  }
}

/**
 * `redis_memory_used_ratio`. Nothing is evicted, so at 1 email can claim no receipt and sends none.
 * The gauge reads Redis when Prometheus scrapes it. If Redis does not answer, the metric is absent.
 */
export function measureMemory(redis: Pick<Redis, 'info'>): void {
  new Gauge({
    name: 'redis_memory_used_ratio',
    help: 'Memory that Redis uses, as a part of its maxmemory; 0 without a limit',
    async collect() {
      try {
        const { usedBytes, maxBytes } = await readMemory(redis);
        this.set(maxBytes > 0 ? usedBytes / maxBytes : 0);
      } catch {
        // Do not throw: the scrape would lose all other metrics. Redis has its own alert.
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

import type { SettingsCheck } from '@effectively-once/platform';
import type { Redis } from 'ioredis';
import { Gauge } from 'prom-client';

/**
 * Refuses an eviction policy: Redis would silently delete the deduplication markers that prevent a
 * second receipt. Refuses a cluster: no claim would succeed.
 * @throws Error naming the setting.
 */
export async function assertKeepsEveryMarker(redis: Pick<Redis, 'info'>): Promise<void> {
  const [problem] = [...(await clusterProblems(redis)), ...(await policyProblems(redis))];
  if (problem !== undefined) throw new Error(problem);
}

/** What is asserted at start, and again every few seconds and after each reconnect. */
export function redisChecks(redis: Pick<Redis, 'info'>): Record<string, SettingsCheck> {
  return {
    redis_maxmemory_policy: () => policyProblems(redis),
    redis_cluster_enabled: () => clusterProblems(redis),
    redis_appendonly: async () => {
      const enabled = fieldOf(await redis.info('persistence'), 'aof_enabled');
      return enabled === '1' ? [] : ['Redis must run with appendonly yes: a restart loses markers'];
    },
    // Not a setting, but what a setting did that has changed back since. Redis counts until it
    // restarts, or until the operator resets the count.
    redis_evicted_keys: async () => {
      const evicted = fieldOf(await redis.info('stats'), 'evicted_keys') ?? 'an unknown number of';
      return evicted === '0' ? [] : [`Redis has evicted ${evicted} keys, which may be markers`];
    },
  };
}

// A claim writes its marker and the evidence of a possible second receipt in one script. In a
// cluster the two keys belong to different servers, so Redis refuses the script. With one hash slot
// for both, every receipt would be on one server: a cluster would bring nothing.
async function clusterProblems(redis: Pick<Redis, 'info'>): Promise<string[]> {
  const enabled = fieldOf(await redis.info('cluster'), 'cluster_enabled');
  if (enabled !== '1') return [];
  return ['Redis must run with cluster-enabled no: a claim uses two keys in one script'];
}

async function policyProblems(redis: Pick<Redis, 'info'>): Promise<string[]> {
  const { policy } = await readMemory(redis);
  if (policy === 'noeviction') return [];
  return [`Redis must run with maxmemory-policy noeviction, not ${policy}`];
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
  return {
    policy: fieldOf(info, 'maxmemory_policy'),
    usedBytes: Number(fieldOf(info, 'used_memory') ?? 0),
    maxBytes: Number(fieldOf(info, 'maxmemory') ?? 0),
  };
}

const fieldOf = (info: string, name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];

import { testAddresses } from '@effectively-once/testing';
import { register } from 'prom-client';
import type { Redis } from 'ioredis';
import { connectRedis } from './redis.js';
import { assertKeepsEveryMarker, measureMemory } from './redis-memory.js';

afterEach(() => register.clear());

/** A fake Redis with these lines about its memory. */
const saying = (...lines: string[]) =>
  ({ info: async () => ['# Memory', ...lines].join('\r\n') }) as unknown as Redis;

const readings = async () =>
  (await register.metrics()).split('\n').filter((line) => line.startsWith('redis_memory'));

it('starts on a Redis that keeps every deduplication marker, and measures how full it is', async () => {
  const redis = await connectRedis(testAddresses().REDIS_URL);
  await assertKeepsEveryMarker(redis);
  measureMemory(redis);
  const [ratio] = (await readings()).map((line) => Number(line.split(' ')[1]));
  expect(ratio).toBeGreaterThan(0);
  expect(ratio).toBeLessThan(1);
  redis.disconnect();
});

it.each(['allkeys-lru', 'volatile-ttl'])(
  'refuses to start on a Redis that evicts: %s',
  async (policy) => {
    await expect(assertKeepsEveryMarker(saying(`maxmemory_policy:${policy}`))).rejects.toThrow(
      `maxmemory-policy noeviction, not ${policy}`,
    );
  },
);

it('reports used memory as a part of the limit, and 0 without a limit', async () => {
  measureMemory(saying('used_memory:80', 'used_memory_peak:99', 'maxmemory:100'));
  await expect(readings()).resolves.toEqual(['redis_memory_used_ratio 0.8']);
  register.clear();
  measureMemory(saying('used_memory:80', 'maxmemory:0'));
  await expect(readings()).resolves.toEqual(['redis_memory_used_ratio 0']);
});

it('a Redis that is down removes no other metric', async () => {
  measureMemory({ info: () => Promise.reject(new Error('gone')) });
  await expect(readings()).resolves.toEqual([]);
});

import type { ConsumerName } from '@effectively-once/contracts';
import { waitUntil, type ProxyFault } from '@effectively-once/testing';
import {
  consumerUrl,
  deadLetters,
  untilDrained,
  metric,
  withProxyFaults,
} from './fault-injection.js';
import { payments } from './load.js';
import { findings } from './system-under-test.js';

// 300 payments in 30 s: the outage lasts as long as the load.
const LOAD = { count: 300, perSecond: 10 };

const USED_BY: Record<string, ConsumerName> = {
  redis: 'email',
  smtp: 'email',
  payments: 'email',
  'loyalty-database': 'loyalty',
  elasticsearch: 'search',
};

// Each consumer loses one server at a time. Different consumers lose theirs together, to save time.
const OUTAGES: Record<string, ProxyFault>[] = [
  { redis: 'refuse', 'loyalty-database': 'refuse', elasticsearch: 'refuse' },
  { smtp: 'refuse', 'loyalty-database': 'hang', elasticsearch: 'hang' },
  { payments: 'refuse' },
];

it.each(OUTAGES)(
  'the consumers of %j pause, lose nothing, and resume without help',
  async (faults) => {
    const before = await deadLetters();
    await withProxyFaults(faults, async () => {
      const paying = payments(LOAD);
      await Promise.all([paying, ...Object.keys(faults).map(untilPaused)]);
      // A process that waits for its server stays live: a restart would not help.
      for (const dependency of Object.keys(faults)) {
        const { status } = await fetch(`${urlOf(dependency)}/health/live`);
        expect({ dependency, status }).toEqual({ dependency, status: 200 });
      }
    });
    await Promise.all(Object.keys(faults).map(untilResumed));
    await untilDrained();
    await expect(findings()).resolves.toEqual([]);
    await expect(deadLetters()).resolves.toBe(before);
  },
);

const urlOf = (dependency: string) => consumerUrl(USED_BY[dependency] as ConsumerName);
const circuit = (dependency: string) => metric(urlOf(dependency), 'circuit_state', { dependency });
const pausedPartitions = (dependency: string) =>
  metric(urlOf(dependency), 'delivery_paused_partitions');

async function untilPaused(dependency: string): Promise<void> {
  await waitUntil(
    `the consumer of ${dependency} to pause`,
    async () => (await circuit(dependency)) > 0 && (await pausedPartitions(dependency)) > 0,
  );
}

async function untilResumed(dependency: string): Promise<void> {
  await waitUntil(
    `the consumer of ${dependency} to resume`,
    async () => (await circuit(dependency)) === 0 && (await pausedPartitions(dependency)) === 0,
  );
}

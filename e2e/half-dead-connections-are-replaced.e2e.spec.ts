import { waitUntil, type ProxyFault } from '@effectively-once/testing';
import {
  consumerUrl,
  deadLetters,
  metric,
  untilDrained,
  withProxyFaults,
} from './fault-injection.js';
import { payments } from './load.js';
import { findings } from './system-under-test.js';

// A client must notice within 30 s and connect again. The audit waits longer, so the effects would
// be missing only if a client waited for ever.
const LOAD = { count: 12, perSecond: 12 };
const ALL: Record<string, ProxyFault> = {
  redis: 'swallow',
  smtp: 'swallow',
  payments: 'swallow',
  'mail-provider': 'swallow',
  'loyalty-database': 'swallow',
  elasticsearch: 'swallow',
};

it('open connections swallow every byte and new ones work: each client connects again, nothing is lost', async () => {
  const before = await deadLetters();
  // Every client has open connections now.
  await payments(LOAD);
  await untilDrained();
  await withProxyFaults(ALL, async () => {
    await payments(LOAD);
    await untilDrained();
  });
  for (const [consumer, dependency] of [
    ['email', 'redis'],
    ['email', 'smtp'],
    ['loyalty', 'loyalty-database'],
    ['search', 'elasticsearch'],
  ] as const) {
    await waitUntil(
      `the circuit of ${dependency} to close`,
      async () => (await metric(consumerUrl(consumer), 'circuit_state', { dependency })) === 0,
    );
  }
  await expect(findings()).resolves.toEqual([]);
  await expect(deadLetters()).resolves.toBe(before);
});

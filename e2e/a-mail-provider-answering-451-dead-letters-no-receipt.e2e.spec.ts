import { waitUntil } from '@effectively-once/testing';
import { consumerUrl, deadLetters, untilDrained, metric } from './fault-injection.js';
import { payments } from './load.js';
import { findings, withFault } from './system-under-test.js';

// Longer than all backoffs of five attempts (0.5 + 2 + 8 + 30 s). If the refusals counted as
// attempts, the first receipts would be dead letters by then.
const LOAD = { count: 47, perSecond: 1 };

it('451 for all mail, longer than all attempts last, is an outage and makes no dead letter', async () => {
  const before = await deadLetters();
  await withFault({ target: 'smtp', kind: '451' }, async () => {
    await payments(LOAD);
    await expect(smtpCircuit()).resolves.toBeGreaterThan(0);
  });
  await waitUntil('email to resume', async () => (await smtpCircuit()) === 0);
  await untilDrained();
  await expect(findings()).resolves.toEqual([]);
  await expect(deadLetters()).resolves.toBe(before);
});

const smtpCircuit = () => metric(consumerUrl('email'), 'circuit_state', { dependency: 'smtp' });

import { waitUntil } from '@effectively-once/testing';
import { consumerUrl, deadLetters, everythingIsSettled, metric } from './fault-injection.js';
import { payments } from './load.js';
import { findings, withFault } from './system-under-test.js';

// Longer than the back-offs of five attempts together (0.5 + 2 + 8 + 30 s): if the refusals were counted
// against the receipts, the first of them would be dead letters by then.
const LOAD = { count: 47, perSecond: 1 };

it('451 to everyone for longer than all attempts last is an outage, and no dead letter', async () => {
  const before = await deadLetters();
  await withFault({ target: 'smtp', kind: '451' }, async () => {
    await payments(LOAD);
    await expect(smtpCircuit()).resolves.toBeGreaterThan(0);
  });
  await waitUntil('email to go on', async () => (await smtpCircuit()) === 0);
  await everythingIsSettled();
  await expect(findings()).resolves.toEqual([]);
  await expect(deadLetters()).resolves.toBe(before);
});

const smtpCircuit = () => metric(consumerUrl('email'), 'circuit_state', { dependency: 'smtp' });

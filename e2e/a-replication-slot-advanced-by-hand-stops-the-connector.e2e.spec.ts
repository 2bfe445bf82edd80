import { jest } from '@jest/globals';
import { waitUntil } from '@effectively-once/testing';
import { deleteConnector, moveSlot, untilStopped } from '../tools/faults/break-pipeline.js';
import { everythingIsSettled, pidOf } from './fault-injection.js';
import { violations } from './damage.js';
import { npmRun } from './npm-run.js';
import { shown, stack, untilHealthy, whileClientsPay } from './connector.js';
import { findings } from './system-under-test.js';

// Debezium waits 10 s before it comes back to a slot, and the repair publishes everything again.
jest.setTimeout(240_000);

const DONE = { code: 0, output: expect.stringContaining('connector: done') };
const PER_SECOND = 10;

const registeredStopped = () =>
  shown('cdc_connector_restarts_total', { remedy: 'register_stopped', result: 'accepted' });

beforeAll(untilHealthy);

it('it is stopped before it skips anything and says so, and the repair publishes what lies between', async () => {
  await whileClientsPay(PER_SECOND, async () => {
    await moveSlot(stack, true);
    await untilStopped(stack);
  });
  await waitUntil('an alarm', async () => {
    const held = await shown('cdc_connector_condition', { condition: 'held' });
    return held === 1 && (await shown('cdc_connector_up')) === 0;
  });
  // Somebody loses patience and deletes it: it comes back, and stays stopped.
  await deleteConnector(stack);
  await waitUntil('the connector to be registered', async () => (await registeredStopped()) === 1);
  await untilStopped(stack);
  // Nothing was published behind the gap: what is missing may still come.
  expect((await violations())['I3']).toEqual([]);
  await expect(npmRun('connector', ['status'])).resolves.toMatchObject({
    code: 1,
    output: expect.stringContaining('held'),
  });
  await whileClientsPay(PER_SECOND, async () => {
    await expect(npmRun('connector', ['repair'])).resolves.toMatchObject(DONE);
    await untilHealthy();
  });
  await everythingIsSettled();
  await expect(findings()).resolves.toEqual([]);
});

it('while nobody watches Debezium skips what lies between; the audit names it, the repair brings it', async () => {
  const watcher = pidOf('console');
  process.kill(watcher, 'SIGSTOP');
  try {
    await whileClientsPay(PER_SECOND, async () => {
      await moveSlot(stack, false);
      await waitUntil('events that were skipped', async () => {
        const { I3 = [] } = await violations();
        return I3.length > 0;
      });
    });
  } finally {
    process.kill(watcher, 'SIGCONT');
  }
  await expect(npmRun('connector', ['repair'])).resolves.toMatchObject(DONE);
  await untilHealthy();
  await everythingIsSettled();
  await expect(findings()).resolves.toEqual([]);
});

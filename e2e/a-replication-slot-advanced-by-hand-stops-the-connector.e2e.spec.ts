import { jest } from '@jest/globals';
import { waitUntil } from '@effectively-once/testing';
import { deleteConnector, moveSlot, untilStopped } from '../tools/faults/break-pipeline.js';
import { untilDrained, pidOf } from './fault-injection.js';
import { violations } from './damage.js';
import { npmRun } from './npm-run.js';
import { consoleMetric, stack, untilHealthy, whileClientsPay } from './connector.js';
import { findings } from './system-under-test.js';

// Debezium waits 10 s before it reads a slot again, and the repair publishes every outbox row
// again.
jest.setTimeout(240_000);

const DONE = { code: 0, output: expect.stringContaining('connector: done') };
const PER_SECOND = 10;

const registeredStopped = () =>
  consoleMetric('cdc_connector_restarts_total', { remedy: 'register_stopped', result: 'accepted' });

beforeAll(untilHealthy);

it('the console stops the connector before it skips an event, and the repair publishes the gap', async () => {
  await whileClientsPay(PER_SECOND, async () => {
    await moveSlot(stack, true);
    await untilStopped(stack);
  });
  await waitUntil('the metrics that raise the alert', async () => {
    const held = await consoleMetric('cdc_connector_condition', { condition: 'held' });
    return held === 1 && (await consoleMetric('cdc_connector_up')) === 0;
  });
  // An operator deletes it: the console registers it again, in state STOPPED.
  await deleteConnector(stack);
  await waitUntil('the connector to be registered', async () => (await registeredStopped()) === 1);
  await untilStopped(stack);
  // No event behind the gap was published, so the audit reports the missing ones as late, not
  // violated.
  expect((await violations())['I3']).toEqual([]);
  await expect(npmRun('connector', ['status'])).resolves.toMatchObject({
    code: 1,
    output: expect.stringContaining('held'),
  });
  await whileClientsPay(PER_SECOND, async () => {
    await expect(npmRun('connector', ['repair'])).resolves.toMatchObject(DONE);
    await untilHealthy();
  });
  await untilDrained();
  await expect(findings()).resolves.toEqual([]);
});

it('while the console is frozen, Debezium skips the gap; the audit names it, the repair publishes it', async () => {
  const consolePid = pidOf('console');
  process.kill(consolePid, 'SIGSTOP');
  try {
    await whileClientsPay(PER_SECOND, async () => {
      await moveSlot(stack, false);
      await waitUntil('skipped events', async () => {
        const { I3 = [] } = await violations();
        return I3.length > 0;
      });
    });
  } finally {
    process.kill(consolePid, 'SIGCONT');
  }
  await expect(npmRun('connector', ['repair'])).resolves.toMatchObject(DONE);
  await untilHealthy();
  await untilDrained();
  await expect(findings()).resolves.toEqual([]);
});

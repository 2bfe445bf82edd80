import { jest } from '@jest/globals';
import { ConnectApi } from '@effectively-once/console/connector/connect-api';
import { waitUntil } from '@effectively-once/testing';
import { loseSlot, untilStopped } from '../tools/faults/break-pipeline.js';
import { untilDrained } from './fault-injection.js';
import { consoleMetric, stack, untilHealthy, whileClientsPay } from './connector.js';
import { npmRun } from './npm-run.js';
import { findings } from './system-under-test.js';

// The repair publishes again every outbox row that the other stories have left.
jest.setTimeout(240_000);

const PER_SECOND = 10;

beforeAll(untilHealthy);

it('a connector stopped for too long loses its slot and waits; the repair publishes every payment', async () => {
  const connect = new ConnectApi(stack.connectUrl);
  await connect.stop();
  await untilStopped(stack);
  await whileClientsPay(PER_SECOND, async () => {
    await loseSlot(stack);
    await connect.resume();
    await waitUntil(
      'the metric that raises the alert',
      async () =>
        (await consoleMetric('cdc_connector_condition', { condition: 'slot_lost' })) === 1,
    );
    await expect(npmRun('connector', ['status'])).resolves.toMatchObject({
      code: 1,
      out: expect.stringContaining('slot_lost: PostgreSQL invalidated the slot'),
    });
    await expect(npmRun('connector', ['repair'])).resolves.toMatchObject({ code: 0 });
    await untilHealthy();
  });
  await untilDrained();
  await expect(findings()).resolves.toEqual([]);
});

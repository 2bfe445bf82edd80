import { askSupervisor } from '@effectively-once/scenarios/supervisor/control-client';
import { jest } from '@jest/globals';
import { SERVICES } from '../tools/labs/versions/deploy/fleet.js';
import { evolution } from '../tools/labs/versions/evolution/evolution.js';
import { rollout } from '../tools/labs/versions/rollout/rollout.js';
import { runSmall } from '../tools/labs/process/testing/run-small.js';
import { readEnvironment } from '../tools/stack/environment.js';
import { untilDrained } from './fault-injection.js';
import { npmEnvironment } from './npm-run.js';
import { at, findings } from './system-under-test.js';

// Each starts the services of two releases, and ends with an audit of every store.
jest.setTimeout(360_000);

const socket = String(at['CONTROL_SOCKET']);
/** If this test dies, the stack has its services again after this time. */
const START_AGAIN_AFTER_MS = 600_000;

// The lab deploys the services itself, so those of the stack make room for them.
beforeAll(async () => {
  const stop = (name: string) =>
    askSupervisor(socket, { command: 'stop', name, startAgainAfterMs: START_AGAIN_AFTER_MS });
  await Promise.all(SERVICES.map(stop));
});
afterAll(async () => {
  await Promise.all(SERVICES.map((name) => askSupervisor(socket, { command: 'start', name })));
  await untilDrained();
  await expect(findings()).resolves.toEqual([]);
});

const environment = readEnvironment(
  npmEnvironment({ POSTGRES_PORT: new URL(at.POSTGRES_SUPERUSER_URL).port }),
);

it('payments and a consumer are deployed and rolled back under load, with a migration between: each payment is charged and each effect applied once', async () => {
  const { broken } = await runSmall(rollout, environment);
  expect(broken).toEqual([]);
});

it('a second version of the event is rolled out under load: no record is dead-lettered but those of an old reader, which are redriven', async () => {
  const { broken } = await runSmall(evolution, environment);
  expect(broken).toEqual([]);
});

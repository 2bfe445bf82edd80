import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment, type Settings } from '../../../environment.js';
import { stackFolder } from '../../stack-folder.js';
import type { ProcessDefinition } from '../../processes/process-definition.js';
import { StoppableApps } from '../stoppable-apps.js';
import { breakableBy } from './fault-controls.js';

let path: string;
beforeEach(() => (path = mkdtempSync(join(tmpdir(), 'fault-controls-'))));
afterEach(() => rmSync(path, { recursive: true }));

const none = () => {
  throw new Error('there is no process');
};
const loyalty = {
  name: 'loyalty',
  kind: 'app',
  env: { LOYALTY_DATABASE_URL: 'postgres://loyalty_app@127.0.0.1:1/loyalty' },
} as unknown as ProcessDefinition;

const plain = readEnvironment({ NODE_ENV: 'test' });
const breakable = (changed: Partial<Settings>, withApps = true) =>
  breakableBy(
    {
      environment: { ...plain, settings: { ...plain.settings, ...changed } },
      folder: { ...stackFolder('fault-controls'), path, data: path },
      withApps,
      supervisor: { any: none },
      stoppable: new StoppableApps(none, () => undefined),
      onNote: () => undefined,
    },
    [loyalty],
  );

it.each([
  ['without DEMO_CONTROLS=1', { DEMO_CONTROLS: '0' }, true],
  ['in production', { DEMO_CONTROLS: '1', NODE_ENV: 'production' }, true],
  ['in a stack of servers alone', { DEMO_CONTROLS: '1' }, false],
] as const)('%s, nothing can be broken', async (_, changed, withApps) => {
  await expect(breakable(changed, withApps)).resolves.toBeUndefined();
});

it('with DEMO_CONTROLS=1, the console gets the socket and each app its failure points', async () => {
  const controls = await breakable({ DEMO_CONTROLS: '1' });
  await controls?.close();
  const [{ env = {} } = {}] = controls?.definitions ?? [];
  expect(env).toMatchObject({ FAILURE_POINTS: join(path, 'failure-points') });
  // Loyalty reaches its database through the proxy that can refuse it.
  expect(env['LOYALTY_DATABASE_URL']).not.toContain(':1/');
});

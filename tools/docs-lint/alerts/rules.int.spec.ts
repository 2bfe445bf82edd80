import { spawnSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import {
  findSystemServers,
  type SystemServer,
} from '../../stack/native/programs/system-servers.js';
import { stackFolder } from '../../stack/native/stack-folder.js';
import { filesIn } from './rules.fixture.js';

let prometheus: SystemServer;

beforeAll(async () => {
  const { binaries, user } = stackFolder();
  const { signal } = new AbortController();
  const folder = join(binaries, 'debian');
  ({ prometheus } = await findSystemServers({ folder, user, signal, onNote: () => undefined }));
}, 120_000);

/** promtool comes with Prometheus, so the version that runs the rules also checks them. */
function promtool(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    join(dirname(prometheus.command), 'promtool'),
    args,
    { encoding: 'utf8', env: { ...process.env, LD_LIBRARY_PATH: prometheus.libraries } },
  );
  return { status, said: `${stdout}${stderr}` };
}

it.each([...filesIn('rules'), ...filesIn('profiles')].map((file) => [basename(file), file]))(
  'Prometheus can read %s',
  (_, file) => {
    expect(promtool('check', 'rules', file)).toMatchObject({ status: 0 });
  },
);

it.each(filesIn('tests').map((file) => [basename(file), file]))(
  'the alerts fire when they must and are silent when they may: %s',
  (_, file) => {
    expect(promtool('test', 'rules', file)).toEqual({
      status: 0,
      said: expect.stringMatching(/SUCCESS/),
    });
  },
);

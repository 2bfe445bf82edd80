import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repositoryRoot } from '../../../repository-root.js';
import { PretendedDocker } from '../pretended-docker.fixture.js';

// The built file, as the command runs it.
const SCRIPT = join(repositoryRoot, 'tools/dist/stack/compose/project/start-service-later.js');
const LATER_MS = 600_000;

let docker: PretendedDocker;
const started: ChildProcess[] = [];
beforeEach(() => (docker = new PretendedDocker().answers("'compose start '*) ;;")));
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  docker.remove();
});

function watcher(afterMs: number) {
  const child = spawn(process.execPath, [SCRIPT, 'loyalty', String(afterMs)], {
    env: { ...docker.environment.given },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  started.push(child);
  return child;
}

it('starts a stopped service again when the command that stopped it has died', async () => {
  const child = watcher(LATER_MS);
  // The end of a process closes its pipes.
  child.stdin?.destroy();
  await once(child, 'exit');
  expect(docker.asked()).toEqual(['compose start loyalty']);
});

it('starts it at the deadline, although the command still runs', async () => {
  await once(watcher(1), 'exit');
  expect(docker.asked()).toEqual(['compose start loyalty']);
});

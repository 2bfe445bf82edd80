import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { endLeftovers } from './leftovers.js';
import { temporaryFolder, until } from './node-process.fixture.js';
import { processIdentity } from './process-identity.js';
import type { StackFolder } from '../stack-folder.js';
import {
  identify,
  writeState,
  type Identified,
  type SupervisorState,
} from '../supervision/state.js';

let folder: StackFolder;
const children: ChildProcess[] = [];
const ENDED: Identified = { pid: 2 ** 22, identity: 'ended' };

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder.path, { recursive: true, force: true });
});

/** Starts a process as the supervisor does: leader of its own process group, with a child. */
async function orphan(script = 'sleep 600 & wait'): Promise<Identified> {
  const child = spawn('sh', ['-c', script], { detached: true, stdio: 'ignore' });
  children.push(child);
  await until(() => processIdentity(child.pid!));
  return identify(child.pid!);
}

function leave(supervisor: Identified, run: Identified): void {
  const process = {
    name: 'broker',
    kind: 'server',
    url: 'test:broker',
    stopSignal: 'SIGTERM',
  } as const;
  const state: SupervisorState = {
    supervisor: { ...supervisor, phase: 'running' },
    ports: {} as never,
    processes: [{ ...process, run: { ...run, startedAt: '2026-01-01T00:00:00.000Z' } }],
  };
  writeState(folder.stateFile, state);
}

it('ends the processes of a killed supervisor and deletes its state file', async () => {
  const left = await orphan();
  leave(ENDED, left);
  expect(await endLeftovers(folder)).toEqual(['broker']);
  expect(processIdentity(left.pid)).toBeUndefined();
  expect(existsSync(folder.stateFile)).toBe(false);
});

it('waits until a process that ignores the signal has ended, so that its port and files are free', async () => {
  const left = await orphan(
    `trap '' TERM; touch ${folder.path}/deaf; while true; do sleep 1; done`,
  );
  await until(() => existsSync(`${folder.path}/deaf`));
  leave(ENDED, left);
  await endLeftovers(folder, 50);
  expect(processIdentity(left.pid)).toBeUndefined();
});

it('does not touch a foreign process with a reused pid', async () => {
  const stranger = await orphan();
  leave(ENDED, { pid: stranger.pid, identity: 'started at another time' });
  expect(await endLeftovers(folder)).toEqual([]);
  expect(processIdentity(stranger.pid)).toBe(stranger.identity);
});

it('touches no process while the supervisor lives', async () => {
  const looked = await orphan();
  leave(identify(process.pid), looked);
  expect(await endLeftovers(folder)).toEqual([]);
  expect(processIdentity(looked.pid)).toBe(looked.identity);
  expect(existsSync(folder.stateFile)).toBe(true);
});

it('does nothing without a state file', async () => {
  expect(await endLeftovers(folder)).toEqual([]);
});

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { nodeProcess, STAYS, temporaryFolder, until } from './node-process.fixture.js';
import { processIdentity } from './process-identity.js';
import type { StackFolder } from '../stack-folder.js';
import { isAlive, readState } from '../supervision/state.js';
import { Supervisor } from './supervisor.js';

let folder: StackFolder;
const supervisors: Supervisor[] = [];

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  for (const supervisor of supervisors.splice(0)) supervisor.kill();
  await rm(folder.path, { recursive: true, force: true, maxRetries: 5 });
});

function supervise() {
  const supervisor = new Supervisor(folder, {} as never, () => undefined);
  supervisors.push(supervisor);
  return supervisor;
}
const quiet = { signal: new AbortController().signal, onEvent: () => undefined };
const sample = (name: string, after: string[] = [], script = STAYS) =>
  nodeProcess(name, folder.path, script, { after });
const pids = () => readState(folder.stateFile)!.processes.map(({ run }) => run!.pid);

it('starts a process after its dependencies, and stops it before them', async () => {
  const supervisor = supervise();
  const done: string[] = [];
  const prepared = {
    name: 'topics',
    after: ['broker'],
    run: async () => {
      done.push('topics made');
    },
  };
  const onEvent = (event: { kind: string; step: string }) => {
    if (event.kind === 'done') done.push(event.step);
  };
  const definitions = [sample('consumer', ['topics']), sample('broker')];
  await supervisor.start(definitions, [prepared], { ...quiet, onEvent });
  expect(done).toEqual(['broker', 'topics made', 'topics', 'consumer']);

  done.length = 0;
  await supervisor.stop(onEvent);
  expect(done).toEqual(['consumer', 'broker']);
});

it('keeps the running processes in its state file until it has stopped', async () => {
  const supervisor = supervise();
  await supervisor.start([sample('broker')], [], quiet);
  const state = readState(folder.stateFile)!;
  expect(state.supervisor).toMatchObject({ pid: process.pid, phase: 'running' });
  expect(isAlive(state.processes[0]!.run)).toBe(true);

  await supervisor.stop(() => undefined);
  expect(existsSync(folder.stateFile)).toBe(false);
});

it('a process that waits for its restart is in the file without a run', async () => {
  const supervisor = supervise();
  await supervisor.start([sample('broker')], [], quiet);
  process.kill(pids()[0]!, 'SIGKILL');
  await until(() => readState(folder.stateFile)!.processes[0]!.run === null);
});

it('if one process dies at its start, all others are stopped', async () => {
  const supervisor = supervise();
  let others: number[] = [];
  const definitions = [
    sample('broker'),
    sample('database'),
    sample('consumer', ['broker', 'database'], 'process.exit(1)'),
  ];
  const onEvent = (event: { kind: string; step: string }) => {
    if (event.kind === 'started' && event.step === 'consumer') others = pids();
  };
  const start = supervisor.start(definitions, [], { ...quiet, onEvent });
  await expect(start).rejects.toThrow('consumer exited with code 1 while it started');
  await supervisor.stop(() => undefined);
  expect(others).toHaveLength(2);
  expect(others.map(processIdentity)).toEqual([undefined, undefined]);
});

it('refuses a folder that another supervisor owns', () => {
  supervise();
  expect(() => supervise()).toThrow(`another start is running in ${folder.path}`);
});

it('gives out an app by its name, and no server', async () => {
  const supervisor = supervise();
  const app = { ...sample('loyalty'), kind: 'app' as const };
  expect(() => supervisor.app('loyalty')).toThrow('the stack is starting');
  await supervisor.start([sample('broker'), app], [], quiet);
  expect(supervisor.app('loyalty').definition.name).toBe('loyalty');
  expect(() => supervisor.app('broker')).toThrow('there is no app broker; the apps are: loyalty');
  await supervisor.stop(() => undefined);
  expect(() => supervisor.app('loyalty')).toThrow('the stack is stopping');
});

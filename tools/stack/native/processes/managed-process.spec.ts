import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagedProcess, type Exit } from './managed-process.js';
import { nodeProcess, STAYS, temporaryFolder, until } from './node-process.fixture.js';
import type { ProcessDefinition } from './process-definition.js';
import { processIdentity } from './process-identity.js';
import type { StackFolder } from '../stack-folder.js';

let folder: StackFolder;
let exits: Exit[];
const started: ManagedProcess[] = [];

beforeEach(async () => {
  folder = await temporaryFolder();
  exits = [];
});
afterEach(async () => {
  for (const managed of started.splice(0)) managed.kill();
  await rm(folder.path, { recursive: true, force: true, maxRetries: 5 });
});

const manage = (script: string, changes: Partial<ProcessDefinition> = {}) => {
  const managed = new ManagedProcess(nodeProcess('sample', folder.path, script, changes), {
    logFolder: folder.logs,
    onChange: () => undefined,
    onExit: (exit) => exits.push(exit),
  });
  started.push(managed);
  return managed;
};
const never = new AbortController().signal;
const pidIn = (file: string) => Number(readFileSync(join(folder.path, file), 'utf8'));

it('start resolves when the program is healthy', async () => {
  const managed = manage(STAYS);
  await managed.start(never);
  expect(existsSync(join(folder.path, 'sample.ready'))).toBe(true);
  expect(processIdentity(managed.record.run!.pid)).toBe(managed.record.run!.identity);
});

it('reports a program that dies during its start, with the last lines of this run', async () => {
  await expect(manage(`console.log('an old run'); process.exit(1)`).start(never)).rejects.toThrow();
  const second = manage(`console.error('no space left on device'); process.exit(3)`).start(never);
  await expect(second).rejects.toThrow(
    /sample exited with code 3 while it started\nno space left on device\n\(.*sample\.log\)/,
  );
  expect(exits).toEqual([]);
});

it('reports a program that cannot be started', async () => {
  const managed = manage('', { command: '/no/such/program' });
  await expect(managed.start(never)).rejects.toThrow(/sample could not be started: .*ENOENT/);
});

it('reports a program that never becomes healthy, with the error of its health check', async () => {
  const managed = manage('setInterval(() => {}, 1000)', {
    healthyWithinMs: 0,
    checkHealth: () => Promise.reject(new Error('the disk is full')),
  });
  await expect(managed.start(never)).rejects.toThrow(/not healthy after 0 s: the disk is full/);
});

it('restarts a program that ends, and reports its end', async () => {
  const managed = manage(`console.log('last words'); ${STAYS}`);
  await managed.start(never);
  const firstPid = managed.record.run!.pid;
  process.kill(firstPid, 'SIGKILL');
  await until(() => exits.length > 0);
  expect(exits[0]).toMatchObject({ name: 'sample', how: 'was ended by SIGKILL', restartInMs: 500 });
  expect(exits[0]!.logTail).toContain('last words');
  await until(() => managed.record.run && managed.record.run.pid !== firstPid);
});

it('fault injection: a crash ends it as kill -9 does, and it is restarted', async () => {
  const managed = manage(STAYS);
  await managed.start(never);
  const firstPid = managed.record.run!.pid;
  await managed.crash();
  expect(processIdentity(firstPid)).toBeUndefined();
  await until(() => managed.record.run && managed.record.run.pid !== firstPid);
  await managed.untilHealthyAgain();
  expect(exits).toMatchObject([{ how: 'was ended by SIGKILL' }]);
});

it('fault injection: a frozen program does nothing until it is thawed', async () => {
  const managed = manage(`process.on('SIGTERM', () => process.exit(7)); ${STAYS}`);
  await managed.start(never);
  managed.freeze(true);
  process.kill(managed.record.run!.pid, 'SIGTERM');
  // A program that is not frozen is faster than another one that starts.
  await manage(STAYS).start(never);
  expect(exits).toEqual([]);
  managed.freeze(false);
  await until(() => exits.length > 0);
  expect(exits).toMatchObject([{ how: 'exited with code 7' }]);
});

it('fault injection: refuses what does not run', async () => {
  const managed = manage(STAYS);
  await expect(managed.crash()).rejects.toThrow('sample does not run');
  expect(() => managed.freeze(true)).toThrow('sample does not run');
});

const diesAtEveryRestart = `
  const isFirst = !require('fs').existsSync('sample.ready');
  if (!isFirst) process.exit(1);
  ${STAYS}`;

it.each([
  ['exponentially', {}, [500, 1000]],
  ['up to its limit', { restartWithinMs: 500 }, [500, 500]],
])(
  'backs off before each restart of a program that keeps ending, %s',
  async (_how, changes, waits) => {
    const managed = manage(diesAtEveryRestart, changes);
    await managed.start(never);
    process.kill(managed.record.run!.pid, 'SIGKILL');
    await until(() => exits.length > 1);
    expect(exits.map(({ restartInMs }) => restartInMs)).toEqual(waits);
  },
);

it('does not restart a stopped program', async () => {
  const managed = manage(STAYS);
  await managed.start(never);
  const { pid } = managed.record.run!;
  await managed.stop();
  expect(processIdentity(pid)).toBeUndefined();
  expect(managed.record.run).toBeNull();
  expect(exits).toEqual([]);
});

it('runs a stopped program again, and restarts it from then on', async () => {
  const managed = manage(STAYS);
  await managed.start(never);
  const { pid } = managed.record.run!;
  await managed.stop();
  await managed.startAgain();
  const again = managed.record.run!.pid;
  expect(again).not.toBe(pid);
  process.kill(again, 'SIGKILL');
  await until(() => exits.length > 0);
  await until(() => managed.record.run && managed.record.run.pid !== again);
  await managed.stop();
  expect(managed.record.run).toBeNull();
  // Only the kill: the run before the stop has no loop left that restarts it.
  expect(exits).toHaveLength(1);
});

it('runs a stopped program again after a restart that waited', async () => {
  const managed = manage(diesAtEveryRestart);
  await managed.start(never);
  process.kill(managed.record.run!.pid, 'SIGKILL');
  await until(() => exits.length > 0);
  await managed.stop();
  const restarted = managed.startAgain().catch((error: Error) => error);
  await until(() => exits.length > 1);
  expect(exits.map(({ restartInMs }) => restartInMs)).toEqual([500, 500]);
  await managed.stop();
  await restarted;
});

it('kills a program that ignores the signal, after its time limit', async () => {
  const managed = manage(`process.on('SIGTERM', () => {}); ${STAYS}`, { stopWithinMs: 50 });
  await managed.start(never);
  const { pid } = managed.record.run!;
  await managed.stop();
  expect(processIdentity(pid)).toBeUndefined();
});

it('child processes do not outlive their program', async () => {
  const managed = manage(`
    const child = require('child_process').spawn('sleep', ['600'], { stdio: 'ignore' });
    require('fs').writeFileSync('child.pid', String(child.pid));
    ${STAYS}`);
  await managed.start(never);
  const childPid = pidIn('child.pid');
  expect(processIdentity(childPid)).toBeDefined();
  await managed.stop();
  await until(() => processIdentity(childPid) === undefined);
});

it('an aborted start does not wait for health', async () => {
  const abort = new AbortController();
  const managed = manage('setInterval(() => {}, 1000)');
  const starting = managed.start(abort.signal);
  await until(() => managed.record.run);
  abort.abort(new Error('interrupted'));
  await expect(starting).rejects.toThrow('interrupted');
  await managed.stop();
});

import { existsSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  askSupervisor,
  brokenBySupervisor,
  ControlRefused,
} from '@effectively-once/scenarios/supervisor/control-client';
import {
  whyNoControlSocket,
  type BreakRequest,
  type SupervisedFault,
} from '@effectively-once/scenarios/supervisor/control-protocol';
import { controlSocketOf } from './control-socket.js';
import { serveControl, type ControlServer } from './control-server.js';

let folder: string;
let socket: string;
let server: ControlServer | undefined;
let done: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'control-'));
  socket = controlSocketOf({ path: folder });
  done = [];
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

const notes: string[] = [];
const inject = (): BreakRequest => ({
  command: 'break',
  target: 'redis',
  kind: 'stop',
  seconds: 30,
});
const broken: SupervisedFault = {
  id: 'redis.stop',
  target: 'redis',
  kind: 'stop',
  state: 'broken',
  since: '2026-11-20T12:00:00.000Z',
  until: '2026-11-20T12:00:30.000Z',
};

const serve = async ({ isDemo = true } = {}) => {
  const apps = {
    stop: async (name: string, afterMs: number) => {
      if (name === 'postgres') throw new Error('there is no app postgres');
      done.push(`stop ${name} ${afterMs}`);
    },
    start: async (name: string) => void done.push(`start ${name}`),
  };
  const faults = {
    inject: async ({ kind, target }: BreakRequest) => void done.push(`${kind} ${target}`),
    revert: async (id: string) => void done.push(`revert ${id}`),
    list: () => [broken],
  };
  server = await serveControl({
    socket,
    apps,
    faults: isDemo ? faults : undefined,
    onNote: (note) => notes.push(note),
  });
};

const stop = (name: string, startAgainAfterMs = 60_000) =>
  askSupervisor(socket, { command: 'stop', name, startAgainAfterMs });

it('passes a command on, and answers when it is done', async () => {
  await serve();
  await stop('loyalty');
  await askSupervisor(socket, { command: 'start', name: 'loyalty' });
  expect(done).toEqual(['stop loyalty 60000', 'start loyalty']);
});

it('breaks and reverts a process by its name, and lists what is broken', async () => {
  await serve();
  await askSupervisor(socket, inject());
  await expect(brokenBySupervisor(socket)).resolves.toEqual([broken]);
  await askSupervisor(socket, { command: 'revert', id: 'redis.stop' });
  expect(done).toEqual(['stop redis', 'revert redis.stop']);
});

it('breaks nothing in a stack that was started without DEMO_CONTROLS=1', async () => {
  await serve({ isDemo: false });
  await expect(askSupervisor(socket, inject())).rejects.toThrow('without DEMO_CONTROLS=1');
  await expect(brokenBySupervisor(socket)).resolves.toEqual([]);
  expect(done).toEqual([]);
});

it('does what a command has asked for that is killed before the answer', async () => {
  await serve();
  const killed = connect(socket);
  await new Promise<void>((resolve) => {
    killed.write('{"command":"start","name":"loyalty"}\n', () => resolve());
  });
  killed.destroy();
  while (done.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await stop('search');
  expect(done).toEqual(['start loyalty', 'stop search 60000']);
});

it('is closed to every other account', async () => {
  await serve();
  expect(statSync(socket).mode & 0o777).toBe(0o600);
});

it('answers with the reason of a refusal', async () => {
  await serve();
  await expect(stop('postgres')).rejects.toThrow(new ControlRefused('there is no app postgres'));
});

it.each([
  ['no JSON', 'stop loyalty\n'],
  ['an unknown command', '{"command":"kill","name":"loyalty"}\n'],
  ['a pid instead of a name', '{"command":"start","pid":1}\n'],
  ['a fault without an end', '{"command":"break","target":"redis","kind":"stop"}\n'],
  [
    'a failure point that leaves its folder',
    '{"command":"break","target":"payments","kind":"kill_at","point":"../x","seconds":9}\n',
  ],
  ['a stop without a deadline', '{"command":"stop","name":"loyalty"}\n'],
  [
    'a deadline beyond ten minutes',
    '{"command":"stop","name":"loyalty","startAgainAfterMs":600001}\n',
  ],
])('refuses %s', async (_, line) => {
  await serve();
  expect(await send(line)).toContain('not a request that the supervisor knows');
  expect(done).toEqual([]);
});

it('refuses a request that does not end', async () => {
  await serve();
  expect(await send('x'.repeat(5_000))).toContain('the request is too long');
});

it('replaces the socket of a killed supervisor, and deletes its own', async () => {
  writeFileSync(socket, '');
  await serve();
  await stop('loyalty');
  await server?.close();
  server = undefined;
  expect(existsSync(socket)).toBe(false);
});

it('says what to do when no supervisor listens', async () => {
  await expect(stop('loyalty')).rejects.toThrow(/does not answer.*npm stop, then npm start/);
});

it('closes although a client is silent', async () => {
  await serve();
  const silent = connect(socket);
  await new Promise((resolve) => silent.once('connect', resolve));
  const ended = new Promise((resolve) => silent.once('close', resolve));
  silent.on('error', () => undefined);
  silent.resume();
  await server?.close();
  server = undefined;
  await ended;
});

it.each([
  ['a platform without unix sockets', '/s/control.sock', 'win32', 'has no unix sockets'],
  ['a path that is too long', `/${'x'.repeat(110)}`, 'linux', 'too long for a unix socket: 111'],
] as const)('says why there is none: %s', (_, path, platform, why) => {
  expect(whyNoControlSocket(path, platform)).toContain(why);
});

it('runs the stack without it if it cannot listen', async () => {
  socket = join(folder, 'x'.repeat(110));
  await serve();
  expect(server).toBeUndefined();
  expect(notes.at(-1)).toContain('no command can stop a single app of this stack');
  await expect(stop('loyalty')).rejects.toThrow('cannot stop one app');
});

async function send(line: string): Promise<string> {
  const connection = connect(socket);
  connection.write(line);
  return await text(connection);
}

import { createServer, type Server } from 'node:http';
import {
  createServer as createSocket,
  type AddressInfo,
  type Server as SocketServer,
} from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultSwitchboard, NotBreakableHere } from './fault-switchboard.js';

let folder: string;
let asked: string[];
let thirdParties: Server;
let supervisor: SocketServer;
let thirdPartiesUrl: string;
let controlSocket: string;

const FAULT = { id: 'psp.hang.1', target: 'psp', kind: 'hang', secondsLeft: 9, address: 'a@b.com' };
const STOPPED = {
  id: 'redis.stop',
  target: 'redis',
  kind: 'stop',
  state: 'broken',
  since: '2026-11-20T12:00:00.000Z',
  until: '2026-11-20T12:00:30.000Z',
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchboard-'));
  controlSocket = join(folder, 's');
  asked = [];
  thirdParties = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end(JSON.stringify({ faults: [FAULT] }));
  }).listen(0);
  thirdPartiesUrl = `http://127.0.0.1:${(thirdParties.address() as AddressInfo).port}`;
  supervisor = createSocket({ allowHalfOpen: true }, (connection) => {
    connection.once('data', (line) => {
      const request = JSON.parse(String(line)) as { command: string };
      asked.push(request.command);
      const answer = request.command === 'list broken' ? { broken: [STOPPED] } : { done: true };
      connection.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => supervisor.listen(controlSocket, resolve));
});
afterEach(async () => {
  thirdParties.close();
  supervisor.close();
  await rm(folder, { recursive: true });
});

const both = () => new FaultSwitchboard({ thirdPartiesUrl, controlSocket });

it('lists what the external systems and the supervisor have broken, without an address', async () => {
  const { broken, unreadable } = await both().broken();
  expect(broken.map(({ id, target, kind }) => ({ id, target, kind }))).toEqual([
    { id: 'psp.hang.1', target: 'psp', kind: 'hang' },
    { id: 'redis.stop', target: 'redis', kind: 'stop' },
  ]);
  expect(JSON.stringify(broken)).not.toContain('a@b.com');
  expect(unreadable).toEqual([]);
});

it('asks the one that the fault belongs to', async () => {
  await both().inject({ target: 'psp', kind: 'hang', seconds: 5 });
  await both().inject({ target: 'redis', kind: 'stop', seconds: 5 });
  await both().revert('psp.hang.1');
  await both().revert('redis.stop');
  expect(asked).toEqual(['POST /_faults', 'break', 'DELETE /_faults/psp.hang.1', 'revert']);
});

it('names who does not answer, and lists the rest', async () => {
  supervisor.close();
  const { broken, unreadable } = await both().broken();
  expect(broken).toMatchObject([{ id: 'psp.hang.1' }]);
  expect(unreadable).toEqual(['the supervisor']);
});

it('breaks no process where there is no supervisor, as in compose', async () => {
  const compose = new FaultSwitchboard({ thirdPartiesUrl, controlSocket: undefined });
  expect([compose.canBreak('psp'), compose.canBreak('redis')]).toEqual([true, false]);
  await expect(compose.inject({ target: 'redis', kind: 'stop', seconds: 5 })).rejects.toThrow(
    NotBreakableHere,
  );
  expect(asked).toEqual([]);
});

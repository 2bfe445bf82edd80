import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitUntil } from '@effectively-once/testing';
import type { Service } from '../../stack/mode.js';
import { alternate, ratios, type PhaseFigures } from './alternate.js';

/** A console as the benchmark sees it: one stream at a time, and two metrics. */
let server: Server;
let open: Set<ServerResponse>;
let otherPages: number;
let audits: number;
let consoleUrl: string;

beforeEach(async () => {
  [open, otherPages, audits] = [new Set(), 0, 0];
  server = createServer((request, response) => {
    if (request.url === '/metrics') {
      const streams = `control_room_streams ${open.size + otherPages}`;
      response.end(`${streams}\naudit_last_run_timestamp_seconds ${audits}\n`);
      return;
    }
    if (request.headers.authorization !== 'Bearer a-token') response.writeHead(401).end();
    else {
      open.add(response);
      response.on('close', () => open.delete(response));
      response.write('event: snapshot\ndata: {}\n\nevent: over');
      setImmediate(() => response.write('view\ndata: {}\n\n'));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  consoleUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
});

const self = { name: 'self', kind: 'app', pid: process.pid } as Service;
const target = (token = 'a-token') => ({
  consoleUrl,
  token,
  services: [self],
  print: () => undefined,
});

it('takes turns, so that neither of the two is always first', async () => {
  const phases: string[] = [];
  const figures = await alternate(target(), { rounds: 2, idleAfterMs: 0 }, async (name, round) => {
    const isAsSaid = () => open.size === (name === 'with' ? 1 : 0);
    await waitUntil(`the console to see a phase ${name} stream`, isAsSaid);
    phases.push(`${round} ${name}`);
    if (round === 2) audits += 1;
  });
  expect(phases).toEqual(['1 without', '1 with', '2 with', '2 without']);
  expect(figures.received.events).toBe(2);
  expect(figures.with.map(({ hadAudit }) => hadAudit)).toEqual([false, true]);
  expect([...figures.without[0]!.cpu.keys()]).toEqual(['self']);
});

it('compares the phases of one round with each other', () => {
  const phase = (result: number) => ({ result }) as PhaseFigures<number>;
  const figures = { without: [1, 10, 100].map(phase), with: [2, 10, 50].map(phase) };
  expect(ratios(figures, ({ result }) => result)).toEqual({ median: 1, min: 0.5, max: 2 });
});

it.each([
  ['another page is open', async () => void (otherPages = 1), '1 pages of the control room'],
  ['the console refuses the stream', undefined, 'answered with 401'],
  [
    'the stream ends while it is measured',
    async () => open.forEach((response) => response.end()),
    'the stream ended meanwhile',
  ],
])('measures nothing if %s', async (what, happens, expected) => {
  if (what.startsWith('another')) await happens?.();
  const token = happens ? 'a-token' : 'another';
  const measuring = alternate(target(token), { rounds: 1 }, async (name) => {
    if (name === 'with') await happens?.();
  });
  await expect(measuring).rejects.toThrow(expected);
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { untilReady } from './until-ready.js';

let server: Server;
let statuses: number[];
let paths: string[];

beforeEach(async () => {
  paths = [];
  server = createServer((request, response) => {
    paths.push(String(request.url));
    response.writeHead(statuses.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

it('waits until the app is ready', async () => {
  statuses = [503, 503];
  await untilReady({ payments: url() }, { timeoutMs: 10_000, everyMs: 1 });
  expect(paths).toEqual(Array(3).fill('/health/ready'));
});

it('names the apps that do not become ready in time', async () => {
  statuses = [];
  const urls = { payments: url(), email: 'http://127.0.0.1:1' };
  const waiting = untilReady(urls, { timeoutMs: 20, everyMs: 1 });
  await expect(waiting).rejects.toThrow('not ready after 0.02 s: email');
});

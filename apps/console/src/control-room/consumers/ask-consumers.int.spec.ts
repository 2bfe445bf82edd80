import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AskConsumers } from './ask-consumers.js';

const ID = '0198c0de-0000-7000-8000-000000000001';
const report = { consumer: 'email', at: '2026-11-20T10:00:00.000Z', partitions: [], circuits: [] };
const trace = {
  paymentId: ID,
  topic: 'payment.completed',
  partition: 0,
  offset: '9007199254740993',
  fetchedAt: report.at,
  attempts: [],
  outcome: 'in_flight',
  committedAt: null,
};
let servers: Server[];
let asked: { url?: string | undefined; authorization?: string | undefined }[];

beforeEach(() => void ([servers, asked] = [[], []]));
afterEach(() =>
  servers.forEach((server) => {
    server.closeAllConnections();
    server.close();
  }),
);

async function aConsumer(listener: RequestListener): Promise<string> {
  const server = createServer((request, response) => {
    asked.push({ url: request.url, authorization: request.headers.authorization });
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const answering = (body: unknown) => aConsumer((_, response) => response.end(JSON.stringify(body)));
const hanging = () => aConsumer(() => undefined);
const CLOSED = 'http://127.0.0.1:1';

it('shows what each consumer says, and null for one that is down or hangs', async () => {
  const urls = { email: await answering(report), loyalty: CLOSED, search: await hanging() };
  await expect(new AskConsumers({ urls, token: 'secret' }).states()).resolves.toEqual({
    items: [
      { name: 'email', report },
      { name: 'loyalty', report: null },
      { name: 'search', report: null },
    ],
  });
  expect(asked.map(({ authorization }) => authorization)).toEqual([
    'Bearer secret',
    'Bearer secret',
  ]);
});

it('shows nothing of an answer that it does not understand, and no field that it does not know', async () => {
  const urls = {
    email: await answering({ ...report, address: 'alice@example.com' }),
    loyalty: await answering({ ...report, partitions: 'many' }),
    search: await aConsumer((_, response) => response.writeHead(401).end('{}')),
  };
  const { items } = await new AskConsumers({ urls, token: 'secret' }).states();
  expect(items.map((item) => item.report)).toEqual([report, null, null]);
});

it('finds the deliveries of one payment, and leaves out consumers that know none', async () => {
  const urls = {
    email: await answering({ items: [trace] }),
    loyalty: await answering({ items: [] }),
    search: CLOSED,
  };
  const found = await new AskConsumers({ urls, token: 'secret' }).of(ID);
  expect([...found]).toEqual([['email', [trace]]]);
  expect(asked[0]?.url).toBe(`/internal/state/deliveries?paymentId=${ID}`);
});

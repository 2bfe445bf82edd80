import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  AUTH_SECRET,
  CLOCK_TOLERANCE_S,
  createApp,
  createLogger,
  mintToken,
} from '@effectively-once/platform';
import { waitUntil } from '@effectively-once/testing';
import { Module, type BeforeApplicationShutdown } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { PaymentSummary } from '../wire/evidence.js';
import type { Overview } from '../wire/overview.js';
import { PAYMENTS_MAX } from './live-feed.js';
import { LiveStream } from './live-stream.js';
import { BACKLOG_MAX_BYTES } from './stream-client.js';
import { CLIENTS_MAX } from './stream-clients.js';
import { StreamController } from './stream.controller.js';

const SECRET = 'a-secret-of-at-least-32-bytes-for-tests';
const IDLE_AFTER_MS = 20;
const RATE_PER_S = 1_150;

let stream: LiveStream;
let app: NestFastifyApplication;
let url: string;
let collected: number;
let isForgotten: boolean;
let open: AbortController[];

@Module({
  controllers: [StreamController],
  providers: [
    { provide: AUTH_SECRET, useValue: SECRET },
    { provide: LiveStream, useFactory: () => stream },
  ],
})
class StreamTestModule implements BeforeApplicationShutdown {
  async beforeApplicationShutdown() {
    await stream.close();
  }
}

beforeEach(async () => {
  [collected, isForgotten, open] = [0, false, []];
  const logger = createLogger('console');
  logger.level = 'silent';
  stream = new LiveStream({
    standing: { last: undefined, failure: undefined },
    audit: { runIfOlderThan: () => undefined },
    overview: {
      collect: async () => anOverview(++collected),
      forget: () => undefined,
    },
    payments: { changed: async () => [], forget: () => void (isForgotten = true) },
    logger,
    limits: { idleAfterMs: IDLE_AFTER_MS, pingEveryMs: 50 },
  });
  app = await createApp({ module: StreamTestModule, logger });
  await app.listen(0, '127.0.0.1');
  url = `${await app.getUrl()}/api/stream`;
});
afterEach(async () => {
  open.forEach((one) => one.abort());
  await app.close();
});

const anOverview = (n: number) => ({ at: String(n) }) as Overview;
const aPayment = (n: number) =>
  ({ id: `019-${String(n).padStart(9, '0')}`, orderId: 'x'.repeat(200) }) as PaymentSummary;

const tokenOf = async (role: 'operator' | 'customer' = 'operator', ttlS = 600) =>
  await mintToken(SECRET, { userId: 'olga', role }, { ttlS });

interface Event {
  id?: string;
  event: string;
  data: unknown;
}

/** A client that reads all it gets. */
async function connectClient(headers: Record<string, string> = {}, token?: string) {
  const aborting = new AbortController();
  open.push(aborting);
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token ?? (await tokenOf())}`, ...headers },
    signal: aborting.signal,
  });
  const events: Event[] = [];
  const client = { response, events, isEnded: false, close: () => aborting.abort() };
  void read(response, events)
    .catch(() => undefined)
    .finally(() => (client.isEnded = true));
  return client;
}

async function read(response: Response, into: Event[]): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const whole = text.split('\n\n');
    text = whole.pop() ?? '';
    for (const one of whole) {
      const fields = Object.fromEntries(
        one.split('\n').map((line) => [line.split(': ')[0], line.replace(/^\w+: /, '')]),
      );
      into.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data) });
    }
  }
}

const named = (events: Event[], name: string) => events.filter(({ event }) => event === name);
const until = async (what: string, isTrue: () => boolean) =>
  void (await waitUntil(what, async () => isTrue() || undefined));

it('is for operators only, and names the problem', async () => {
  for (const [token, status] of [
    ['nonsense', 401],
    [await tokenOf('customer'), 403],
  ] as const) {
    const { response } = await connectClient({}, token);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
  }
  expect(collected).toBe(0);
});

it('begins with a snapshot, then sends what changes, each with its id, and pings', async () => {
  const { response, events } = await connectClient();
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-store');
  await until('an overview', () => named(events, 'overview').length > 0);
  await until('a ping', () => named(events, 'ping').length > 0);
  expect(events[0]).toMatchObject({
    event: 'snapshot',
    data: { overview: null, payments: [], verdict: { state: 'stale' } },
  });
  expect(named(events, 'overview')[0]).toMatchObject({ id: expect.any(String), data: { at: '1' } });
  expect(named(events, 'ping')[0]?.id).toBeUndefined();
});

it('collects nothing without a client, and stops when the last one has left', async () => {
  expect(collected).toBe(0);
  const client = await connectClient();
  await until('an overview', () => named(client.events, 'overview').length > 0);
  client.close();
  await until('the client to be gone', () => stream.clients.count === 0);
  await until('the collectors to stop', () => isForgotten);
  expect(stream.feed.snapshot().overview).toBeNull();
});

it('continues where a client left, and begins again after a gap', async () => {
  const first = await connectClient();
  await until('an overview', () => named(first.events, 'overview').length > 0);
  const lastId = first.events.findLast(({ id }) => id)?.id ?? '';
  stream.feed.showPayments([aPayment(1)]);
  await until('the payment', () => named(first.events, 'payment').length > 0);

  const resumed = await connectClient({ 'last-event-id': lastId });
  await until('the missed payment', () => named(resumed.events, 'payment').length > 0);
  expect(named(resumed.events, 'snapshot')).toEqual([]);

  for (const gap of ['another-process-7', `${lastId}999`, 'nonsense']) {
    const begun = await connectClient({ 'last-event-id': gap });
    await until('a snapshot', () => begun.events.length > 0);
    expect(begun.events[0]).toMatchObject({
      event: 'snapshot',
      data: { payments: [{ id: aPayment(1).id }] },
    });
  }
});

it('ends with the token', async () => {
  const client = await connectClient({}, await tokenOf('operator', 3 - CLOCK_TOLERANCE_S));
  await until('a snapshot', () => client.events.length > 0);
  await until('the end', () => client.isEnded);
  const again = await connectClient({}, await tokenOf('operator', -CLOCK_TOLERANCE_S));
  expect(again.response.status).toBe(401);
});

it('takes no more than its limit of clients, and says when to try again', async () => {
  const clients = await Promise.all(Array.from({ length: CLIENTS_MAX }, () => connectClient()));
  expect(new Set(clients.map(({ response }) => response.status))).toEqual(new Set([200]));
  const refused = await connectClient();
  expect(refused.response.status).toBe(503);
  expect(refused.response.headers.get('retry-after')).toBe('10');
  expect(refused.response.headers.get('content-type')).toContain('application/problem+json');
  clients[0]?.close();
  await until('a free place', () => stream.clients.count < CLIENTS_MAX);
  expect((await connectClient()).response.status).toBe(200);
});

it('200 clients and a flood of 1,150 payments a second: few events, and the last state is right', async () => {
  const clients = await Promise.all(Array.from({ length: CLIENTS_MAX }, () => connectClient()));
  const floodMs = 2_000;
  const startedMs = Date.now();
  let sent = 0;
  while (Date.now() - startedMs < floodMs) {
    const due = ((Date.now() - startedMs) * RATE_PER_S) / 1_000;
    for (; sent < due; sent += 1) stream.feed.showPayments([aPayment(sent)]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const newest = aPayment(sent - 1).id;
  const hasNewest = ({ events }: { events: Event[] }) =>
    (named(events, 'payment').at(-1)?.data as PaymentSummary[] | undefined)?.[0]?.id === newest;
  await until('all to have the newest payment', () => clients.every(hasNewest));
  for (const { events } of clients) {
    const flood = named(events, 'payment');
    // At most 4 a second, and one at each end.
    expect(flood.length).toBeLessThanOrEqual(((Date.now() - startedMs) / 1_000) * 4 + 2);
    for (const { data } of flood)
      expect((data as PaymentSummary[]).length).toBeLessThanOrEqual(PAYMENTS_MAX);
  }
});

/** Opens a stream and reads nothing of it. */
async function connectFrozen(): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  socket.pause();
  const token = await tokenOf();
  socket.write(`GET /api/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  return socket;
}

it('a client that reads nothing holds a bounded backlog, and a snapshot when it reads again', async () => {
  const socket = await connectFrozen();
  await until('the client', () => stream.clients.count === 1);
  const text = 'x'.repeat(60_000);
  let sent = 0;
  // The kernel's buffers take some megabytes before anything waits in the process.
  await until('the client to lag', () => {
    for (let n = 0; n < 20; n += 1, sent += 1) stream.clients.broadcast('verdict', text);
    return stream.clients.lagging === 1;
  });
  const backlog = stream.clients.backlogBytes;
  for (let n = 0; n < 1_000; n += 1, sent += 1) stream.clients.broadcast('verdict', text);
  expect(stream.clients.backlogBytes).toBe(backlog);
  expect(backlog).toBeLessThanOrEqual(BACKLOG_MAX_BYTES + text.length);

  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString('latin1')));
  socket.resume();
  await until('a second snapshot', () => received.split('event: snapshot').length === 3);
  expect(received.split('event: verdict').length - 1).toBeLessThan(sent);
  socket.destroy();
});

it('stops quickly while streams are open, also of a client that reads nothing', async () => {
  const clients = await Promise.all([connectClient(), connectClient()]);
  const frozen = await connectFrozen();
  await until('the clients', () => stream.clients.count === 3);
  await until('the frozen client to lag', () => {
    for (let n = 0; n < 20; n += 1) stream.clients.broadcast('verdict', 'x'.repeat(60_000));
    return stream.clients.lagging >= 1;
  });
  await app.close();
  await until('the ends', () => clients.every(({ isEnded }) => isEnded));
  frozen.destroy();
});

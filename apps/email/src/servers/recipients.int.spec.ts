import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { DependencyDown } from '@effectively-once/delivery';
import { waitUntil } from '@effectively-once/testing';
import fc from 'fast-check';
import { Recipients } from './recipients.js';

type Reply = object | number | 'never' | 'half' | Promise<object>;

/** Payments, with the answers of `reply`. It keeps the ids of each request. */
class FakePayments {
  readonly requests: { route: 'batch' | 'alone'; ids: string[] }[] = [];
  readonly tokens = new Set<string | undefined>();
  connections = 0;
  reply: (ids: string[], route: 'batch' | 'alone') => Reply = known;
  /** Their requests get no answer any more, as behind a firewall that has forgotten them. */
  readonly deadSockets = new Set<Socket>();
  readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
    this.server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.sockets.add(socket);
    });
  }

  static async start(): Promise<FakePayments> {
    const payments = new FakePayments();
    await new Promise<void>((resolve) => payments.server.listen(0, '127.0.0.1', resolve));
    return payments;
  }

  recipients(timeouts: { batchMs: number; aloneMs: number }): Recipients {
    const { port } = this.server.address() as AddressInfo;
    return new Recipients(`http://127.0.0.1:${port}`, 'token', timeouts);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.deadSockets.has(request.socket)) return;
    const alone = /^\/internal\/payments\/(.+)\/recipient$/.exec(request.url ?? '')?.[1];
    const route = alone === undefined ? 'batch' : 'alone';
    const ids = alone === undefined ? ((await json(request)) as { ids: string[] }).ids : [alone];
    this.requests.push({ route, ids });
    this.tokens.add(request.headers.authorization);
    const reply = await this.reply(ids, route);
    if (reply === 'never') return;
    if (reply === 'half') {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      response.destroy();
    } else if (typeof reply === 'number') response.writeHead(reply).end('{}');
    else response.end(JSON.stringify(reply));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const recipientOf = (id: string) => ({
  userId: `user of ${id}`,
  receiptEmail: `${id}@example.com`,
  locale: 'en',
});
const isUnknown = (id: string) => id.startsWith('unknown');

function known(ids: string[], route: 'batch' | 'alone'): object | number {
  const results = ids.map((id) => ({ id, recipient: isUnknown(id) ? null : recipientOf(id) }));
  if (route === 'batch') return { results };
  return results[0]?.recipient ?? 404;
}

let payments: FakePayments;
let recipients: Recipients;
let timeouts: { batchMs: number; aloneMs: number };
beforeEach(async () => {
  payments = await FakePayments.start();
  // Longer than any test. A test that needs the silence of payments makes one of them short.
  timeouts = { batchMs: 60_000, aloneMs: 60_000 };
  recipients = payments.recipients(timeouts);
});
afterEach(async () => await payments.stop());

const askAll = async (ids: string[]) =>
  await Promise.allSettled(ids.map((id) => recipients.of(id)));

it('a single receipt is asked about at once', async () => {
  expect(await recipients.of('p-1')).toEqual(recipientOf('p-1'));
  expect(payments.requests).toEqual([{ route: 'batch', ids: ['p-1'] }]);
  expect([...payments.tokens]).toEqual(['Bearer token']);
});

it('receipts at the same time share a request, and those that come meanwhile share the next one', async () => {
  let answer = () => {};
  const told = new Promise<void>((resolve) => (answer = resolve));
  payments.reply = (ids, route) => told.then(() => known(ids, route) as object);
  const first = askAll(['p-1', 'p-2']);
  await waitUntil('the first request', () => payments.requests.length === 1);
  const second = askAll(['p-3']);
  await waitUntil('the second request', () => payments.requests.length === 2);
  const waiting = ['p-4', 'p-5', 'p-6'].map((id) => askAll([id]));
  answer();
  await Promise.all([first, second, ...waiting]);
  expect(payments.requests.map(({ ids }) => ids)).toEqual([
    ['p-1', 'p-2'],
    ['p-3'],
    ['p-4', 'p-5', 'p-6'],
  ]);
});

it('questions one after the other share one connection', async () => {
  for (const id of ['p-1', 'p-2', 'p-3']) await recipients.of(id);
  expect(payments.connections).toBe(1);
});

it('of several connections that died while they were idle, only one is noticed by its silence', async () => {
  let answer = () => {};
  const told = new Promise<void>((resolve) => (answer = resolve));
  payments.reply = (ids, route) => told.then(() => known(ids, route) as object);
  const first = askAll(['p-1']);
  await waitUntil('the first request', () => payments.requests.length === 1);
  const second = askAll(['p-2']);
  await waitUntil('the second request', () => payments.requests.length === 2);
  answer();
  await Promise.all([first, second]);
  expect(payments.sockets.size).toBe(2);

  for (const socket of payments.sockets) payments.deadSockets.add(socket);
  timeouts.batchMs = 50;
  expect(await recipients.of('p-3')).toEqual(recipientOf('p-3'));
});

it('each receipt gets its own answer, whichever others payments does not know', () =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(fc.constantFrom('known', 'unknown'), fc.nat(999)), {
        selector: String,
        maxLength: 150,
      }),
      fc.boolean(),
      async (named, doesBatchFail) => {
        payments.reply = (ids, route) =>
          doesBatchFail && route === 'batch' ? 500 : known(ids, route);
        const ids = named.map((parts) => parts.join('-'));
        const outcomes = await askAll(ids);
        ids.forEach((id, at) => {
          const unknown = { status: 'rejected', reason: { name: 'RecipientUnknown', code: '404' } };
          const told = { status: 'fulfilled', value: recipientOf(id) };
          expect(outcomes[at]).toMatchObject(isUnknown(id) ? unknown : told);
        });
      },
    ),
    { numRuns: 30 },
  ));

it('a question without an answer counts for its own receipt, and not for the others of its batch', async () => {
  payments.reply = (ids, route) => (ids.includes('hangs') ? 'never' : known(ids, route));
  Object.assign(timeouts, { batchMs: 50, aloneMs: 2_000 });
  const [first, hangs, last] = await askAll(['p-1', 'hangs', 'p-2']);
  expect(first).toMatchObject({ status: 'fulfilled', value: recipientOf('p-1') });
  expect(last).toMatchObject({ status: 'fulfilled', value: recipientOf('p-2') });
  expect(hangs).toMatchObject({ status: 'rejected', reason: { name: 'TimeoutError' } });
});

it('an answer that is unusable for one receipt fails that one only', async () => {
  payments.reply = (ids, route) => {
    const bad = { ...recipientOf('bad'), locale: 1 };
    const results = ids.map((id) => ({ id, recipient: id === 'bad' ? bad : recipientOf(id) }));
    return route === 'batch' ? { results } : (results[0]?.recipient ?? 404);
  };
  const [good, bad] = await askAll(['p-1', 'bad']);
  expect(good).toMatchObject({ status: 'fulfilled' });
  expect(bad).toMatchObject({ status: 'rejected', reason: { name: 'ZodError' } });
});

it('payments of before, without the route for several, is asked for each', async () => {
  payments.reply = (ids, route) => (route === 'batch' ? 404 : known(ids, route));
  const outcomes = await askAll(['p-1', 'p-2']);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
});

// The circuit breaker remembers errors by identity. One error for two receipts would blame both.
it.each([500, 401, 429, 'half'] as const)(
  'when payments answers %s, it is down, with one error per receipt',
  async (reply) => {
    payments.reply = () => reply;
    const outcomes = await askAll(['p-1', 'p-2']);
    const errors = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason);
    for (const error of errors) expect(error).toBeInstanceOf(DependencyDown);
    expect(new Set(errors).size).toBe(2);
  },
);

it('when payments cannot be reached, it is down', async () => {
  const nowhere = new Recipients('http://127.0.0.1:9', 'token');
  await expect(nowhere.of('p-1')).rejects.toBeInstanceOf(DependencyDown);
});

import { jest } from '@jest/globals';
import type { StreamEvent } from './sse-reader.js';
import { EventStreamClient, type StreamConnection } from './stream.js';

const TURNS_MAX = 200;
const realFetch = globalThis.fetch;

/** One request of the client, and the console's side of it. */
interface Connection {
  headers: Record<string, string>;
  signal: AbortSignal;
  /** Answers with a stream that stays open. */
  open: () => ReadableStreamDefaultController<Uint8Array>;
  answer: (status: number, headers?: Record<string, string>) => void;
  fail: () => void;
}

let connections: Connection[];
let events: StreamEvent[];
let shown: StreamConnection[];
let refusals: number;
let client: EventStreamClient;

beforeEach(() => {
  // Streams work in turns of the event loop, which stay real. Only the waits are ours.
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  jest.spyOn(Math, 'random').mockReturnValue(1);
  [connections, events, shown, refusals] = [[], [], [], 0];
  globalThis.fetch = fakeFetch as typeof fetch;
  client = new EventStreamClient({
    url: '/api/stream',
    token: 'a-token',
    onEvent: (event) => events.push(event),
    onConnection: (connection) => shown.push(connection),
    onRefused: () => (refusals += 1),
  });
});
afterEach(async () => {
  client.close();
  await turns();
  globalThis.fetch = realFetch;
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** As a browser: an abort ends the request, and the body that is read. */
async function fakeFetch(_url: string, init: RequestInit): Promise<Response> {
  const { signal, headers } = init as { signal: AbortSignal; headers: Record<string, string> };
  return await new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    const open = () => {
      let body: ReadableStreamDefaultController<Uint8Array> | undefined;
      const stream = new ReadableStream<Uint8Array>({ start: (started) => void (body = started) });
      signal.addEventListener('abort', () => body?.error(signal.reason));
      resolve(new Response(stream));
      return body!;
    };
    const answer = (status: number, answered = {}) =>
      resolve(new Response('{}', { status, headers: answered }));
    connections.push({
      headers,
      signal,
      open,
      answer,
      fail: () => reject(new TypeError('failed')),
    });
  });
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** Lets everything happen that needs no time. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function pass(ms: number): Promise<void> {
  jest.advanceTimersByTime(ms);
  await turns();
}

/** The latest connection, which must be the `count`th. */
function connectionNo(count: number): Connection {
  expect(connections).toHaveLength(count);
  return connections.at(-1)!;
}

const states = () => shown.map(({ state }) => state);
const lastLoss = () => shown.findLast((one) => one.state === 'lost');

describe('the stream of a page', () => {
  it('sends the token, hands out the events, and tells that it is open', async () => {
    const { headers, open } = connectionNo(1);
    expect(headers).toEqual({ accept: 'text/event-stream', authorization: 'Bearer a-token' });
    expect(states()).toEqual(['connecting']);
    const body = open();
    body.enqueue(bytes('id: e-1\nevent: verdict\ndata: "é'.slice(0, -1)));
    // A character that the network cuts in two.
    const [first, ...rest] = bytes('é');
    body.enqueue(Uint8Array.of(first!));
    await turns();
    expect(events).toEqual([]);
    body.enqueue(Uint8Array.from(rest));
    body.enqueue(bytes('"\n\n'));
    await turns();
    expect(events).toEqual([{ id: 'e-1', name: 'verdict', data: '"é"' }]);
    expect(states()).toEqual(['connecting', 'open']);
  });

  it('comes back after an end with the id of the last event', async () => {
    const body = connectionNo(1).open();
    body.enqueue(bytes('id: e-7\ndata: 1\n\nid: e-8\ndata: cut'));
    await turns();
    body.close();
    await turns();
    expect(lastLoss()).toEqual({
      state: 'lost',
      retryAtMs: Date.now() + 500,
      why: 'The console ended the stream.',
    });
    await pass(499);
    expect(connections).toHaveLength(1);
    await pass(1);
    // The event that the end cut was not handed out, so it must be asked for again.
    expect(connectionNo(2).headers).toMatchObject({ 'last-event-id': 'e-7' });
    expect(events.map(({ id }) => id)).toEqual(['e-7']);
  });

  it('waits twice as long after each failure, at most 15 s, and starts again after a success', async () => {
    const waits: number[] = [];
    for (let failures = 1; failures <= 7; failures += 1) {
      connectionNo(failures).fail();
      await turns();
      const loss = lastLoss();
      expect(loss?.why).toBe('The console cannot be reached.');
      waits.push((loss?.retryAtMs ?? NaN) - Date.now());
      await pass(waits.at(-1)!);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    const body = connectionNo(8).open();
    body.enqueue(bytes(': hello\n\n'));
    await turns();
    body.error(new TypeError('network error'));
    await turns();
    expect((lastLoss()?.retryAtMs ?? NaN) - Date.now()).toBe(500);
  });

  it('gives up a connection that is silent for 35 s, and ends it', async () => {
    const { open, signal } = connectionNo(1);
    const body = open();
    await pass(34_000);
    body.enqueue(bytes('event: ping\ndata: {}\n\n'));
    await turns();
    await pass(34_999);
    expect(signal.aborted).toBe(false);
    await pass(1);
    expect(signal.aborted).toBe(true);
    expect(lastLoss()?.why).toBe('The console sent nothing for 35 s.');
    await pass(500);
    connectionNo(2);
  });

  it('gives up a request that is not answered for 35 s', async () => {
    await pass(35_000);
    expect(connectionNo(1).signal.aborted).toBe(true);
    expect(lastLoss()?.why).toBe('The console sent nothing for 35 s.');
  });

  it('ends at a 401, and tells it once', async () => {
    connectionNo(1).answer(401);
    await turns();
    expect(refusals).toBe(1);
    await pass(120_000);
    expect(connections).toHaveLength(1);
    expect(states()).toEqual(['connecting']);
  });

  it('waits as long as the console says, but not more than a minute', async () => {
    connectionNo(1).answer(503, { 'retry-after': '10' });
    await turns();
    expect(lastLoss()).toMatchObject({ why: 'The console answered 503.' });
    await pass(9_999);
    expect(connections).toHaveLength(1);
    await pass(1);
    connectionNo(2).answer(503, { 'retry-after': '86400' });
    await turns();
    expect((lastLoss()?.retryAtMs ?? NaN) - Date.now()).toBe(60_000);
    await pass(60_000);
    // A date, which is allowed too, is no reason to ask at once.
    connectionNo(3).answer(503, { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' });
    await turns();
    expect((lastLoss()?.retryAtMs ?? NaN) - Date.now()).toBe(2_000);
  });

  it('leaves no connection open after an answer that it does not read', async () => {
    const { answer, signal } = connectionNo(1);
    answer(502);
    await turns();
    expect(signal.aborted).toBe(true);
  });

  it.each([
    ['while it asks', async () => connectionNo(1).signal],
    [
      'while it is open',
      async () => {
        const { open, signal } = connectionNo(1);
        open().enqueue(bytes('data: 1\n\n'));
        await turns();
        return signal;
      },
    ],
    [
      'while it waits',
      async () => {
        const { fail, signal } = connectionNo(1);
        fail();
        await turns();
        return signal;
      },
    ],
  ])('a close %s ends it, and is the last that it tells', async (_when, begin) => {
    const signal = await begin();
    client.close();
    await turns();
    expect(signal.aborted).toBe(true);
    expect(states().at(-1)).toBe('closed');
    const told = shown.length;
    await pass(120_000);
    expect(connections).toHaveLength(1);
    expect([shown.length, refusals]).toEqual([told, 0]);
  });
});

import { sameBytesAsFirst, sendUntilFinal, type SentRequest, type World } from './sending.js';

const body = { orderId: 'o', amountMinor: 1, currency: 'EUR', paymentMethod: 'pm_card_visa' };
const request = (): SentRequest => ({
  id: 1,
  label: 'Click 1',
  customer: 'alice',
  idempotencyKey: 'k',
  body,
  attempts: [],
  state: 'running',
  why: null,
});
const paid = '{"id":"p1","status":"COMPLETED","pspReference":"pi_1"}';
const problem = (code: string) => JSON.stringify({ type: `https://x/problems/${code}` });

function world(answers: (() => Response | Promise<Response>)[]) {
  const sent: { path: string; init: RequestInit }[] = [];
  const waits: number[] = [];
  const abort = new AbortController();
  const it: World = {
    fetch: async (path, init) => {
      sent.push({ path, init });
      const next = answers.shift();
      if (!next) throw new TypeError('fetch failed');
      return await next();
    },
    wait: async (ms) => void waits.push(ms),
    nowMs: () => 0,
    changed: () => undefined,
    isSame: sameBytesAsFirst(),
    signal: abort.signal,
  };
  return { it, sent, waits, abort };
}

const statuses = ({ attempts }: SentRequest) =>
  attempts.map(({ answer, outcome }) => answer?.status ?? outcome);

describe('a request of the Shop', () => {
  it('is repeated while the first one is in flight, with the same key and body', async () => {
    const {
      it: shop,
      sent,
      waits,
    } = world([
      () =>
        new Response(problem('idempotency_in_flight'), {
          status: 409,
          headers: { 'retry-after': '1' },
        }),
      () => new Response(paid, { status: 201, headers: { 'idempotent-replayed': 'true' } }),
    ]);
    const done = await sendUntilFinal(request(), shop);
    expect(statuses(done)).toEqual([409, 201]);
    expect(done.state).toBe('done');
    expect(waits).toEqual([1_000]);
    expect(sent.map(({ init }) => init.body)).toEqual([JSON.stringify(body), JSON.stringify(body)]);
    expect(sent.every(({ init }) => new Headers(init.headers).get('idempotency-key') === 'k')).toBe(
      true,
    );
    expect(done.attempts.map(({ answer }) => [answer?.isFinal, answer?.hasSameBytes])).toEqual([
      [false, false],
      [true, true],
    ]);
    expect(done.attempts[1]?.answer).toMatchObject({
      isReplayed: true,
      payment: { id: 'p1', pspReference: 'pi_1' },
    });
  });

  it('follows the Location of an unknown payment, then collects the stored answer', async () => {
    const location = '/v1/payments/p1';
    const { it: shop, sent } = world([
      () => new Response('{"status":"UNKNOWN"}', { status: 202, headers: { location } }),
      () => new Response('{"status":"UNKNOWN"}'),
      () => new Response(paid),
      () => new Response(paid, { status: 201 }),
    ]);
    const done = await sendUntilFinal(request(), shop);
    expect(sent.map(({ path, init }) => `${init.method} ${path}`)).toEqual([
      'POST /v1/payments',
      `GET ${location}`,
      `GET ${location}`,
      'POST /v1/payments',
    ]);
    expect(done.attempts.map(({ answer }) => answer?.isFinal)).toEqual([false, false, false, true]);
  });

  it('is repeated after its answer was thrown away', async () => {
    const { it: shop } = world([
      () => new Response(paid, { status: 201 }),
      () => new Response(paid, { status: 201 }),
    ]);
    const done = await sendUntilFinal(request(), shop, { loseFirst: true });
    expect(statuses(done)).toEqual(['dropped', 201]);
  });

  it('is repeated when there was no answer, and stops when the visitor leaves', async () => {
    const { it: shop, abort, waits } = world([]);
    shop.wait = async (ms) => {
      waits.push(ms);
      if (waits.length === 3) abort.abort();
    };
    const done = await sendUntilFinal(request(), shop);
    expect(done.state).toBe('stopped');
    expect(statuses(done)).toEqual(['no_answer', 'no_answer', 'no_answer']);
  });
});

describe('the bytes of answers', () => {
  it('are compared with those of the first final answer', () => {
    const isSame = sameBytesAsFirst();
    const text = (value: string) => new TextEncoder().encode(value);
    expect(isSame(text('in flight'), false)).toBe(false);
    expect(isSame(text('{"a":1}'), true)).toBe(true);
    expect(isSame(text('{"a":1}'), true)).toBe(true);
    expect(isSame(text('{"a": 1}'), true)).toBe(false);
    expect(isSame(text('{"a":2}'), true)).toBe(false);
  });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pay } from './payments-client.js';

const ORDER = { orderId: 'o', amountMinor: 1, currency: 'EUR', paymentMethod: 'pm_card_visa' };
const inFlight = { type: 'https://effectively-once.example/problems/idempotency_in_flight' };
const taken = { type: 'https://effectively-once.example/problems/order_already_paid' };

type Scripted = { status: number; body?: object; retryAfterS?: number } | 'cut';

describe('the payments client', () => {
  let server: Server;
  let url: string;
  let script: Scripted[];
  let keys: string[];
  let waitsMs: number[];

  beforeEach(async () => {
    script = [];
    keys = [];
    waitsMs = [];
    server = createServer((request, response) => {
      keys.push(String(request.headers['idempotency-key']));
      const next = script.shift() ?? { status: 201 };
      if (next === 'cut') return void response.destroy();
      const { status, body = {}, retryAfterS } = next;
      response.writeHead(status, retryAfterS ? { 'retry-after': String(retryAfterS) } : {});
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const payOnce = async () =>
    await pay(
      {
        url,
        token: 't',
        onRetry: () => undefined,
        random: () => 0,
        wait: async (ms) => void waitsMs.push(ms),
      },
      ORDER,
      'K',
    );

  it('keeps its idempotency key until the answer is final', async () => {
    script.push(
      { status: 503, retryAfterS: 2 },
      { status: 409, body: inFlight, retryAfterS: 1 },
      { status: 429, retryAfterS: 3 },
      { status: 500 },
      { status: 202, retryAfterS: 1 },
    );
    expect((await payOnce()).status).toBe(201);
    expect(keys).toEqual(Array(6).fill('K'));
  });

  it('waits for Retry-After, or backs off exponentially without it', async () => {
    script.push({ status: 503, retryAfterS: 5 }, { status: 500 }, { status: 500 }, { status: 500 });
    await payOnce();
    expect(waitsMs).toEqual([5_000, 400, 800, 1_600]);
  });

  it.each([
    [402, {}],
    [409, taken],
    [422, {}],
    [400, {}],
  ])('does not retry %s', async (status, body) => {
    script.push({ status, body });
    expect((await payOnce()).status).toBe(status);
    expect(keys).toHaveLength(1);
  });

  it('retries with the same key after a lost answer', async () => {
    script.push('cut');
    expect((await payOnce()).status).toBe(201);
    expect(keys).toEqual(['K', 'K']);
  });

  it('fails at once if nothing listens at the address', async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(payOnce()).rejects.toMatchObject({
      name: 'PaymentsUnreachable',
    });
  });

  it('stops after thirty attempts', async () => {
    script.push(...Array<Scripted>(40).fill({ status: 503 }));
    expect((await payOnce()).status).toBe(503);
    expect(keys).toHaveLength(30);
  });
});

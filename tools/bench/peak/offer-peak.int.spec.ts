import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { offerPeak } from './offer-peak.js';

const problem = (code: string) => JSON.stringify({ type: `https://a.example/problems/${code}` });

// What a service may answer, in turns.
const ANSWERS: ((response: ServerResponse) => void)[] = [
  (response) => response.writeHead(201, { location: '/v1/payments/p-1' }).end('{}'),
  (response) => response.writeHead(503, { 'retry-after': '2' }).end(problem('overloaded')),
  (response) => response.writeHead(503, { 'retry-after': '2' }).end(problem('psp_unavailable')),
  (response) => response.writeHead(503).end(problem('overloaded')),
  (response) => response.writeHead(500).end(problem('internal_error')),
  (response) => response.destroy(),
];

describe('the load of a peak', () => {
  let server: Server;
  let url: string;
  let answered = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      ANSWERS[answered++ % ANSWERS.length]?.(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('takes only a clear refusal for one, and counts every other answer as a failure', async () => {
    const next = () => ({ headers: { 'content-type': 'application/json' }, body: '{}' });
    const result = await offerPeak({ perSecond: 200, seconds: 1 }, { path: '/', next }, url);
    expect(result.offered).toBe(answered);
    const each = Math.floor(answered / ANSWERS.length);
    const isOneOf = (count: number) => expect([each, each + 1]).toContain(count);
    isOneOf(result.accepted.length);
    isOneOf(result.refused);
    expect(new Set(result.accepted)).toEqual(new Set(['p-1']));
    expect(Object.keys(result.other).sort()).toEqual([
      '500 internal_error',
      '503 overloaded',
      '503 psp_unavailable',
      'ECONNRESET',
    ]);
    const { seconds, other } = result;
    const counted = seconds.reduce((sum, second) => sum + second.offered, 0);
    expect(counted).toBe(result.offered);
    const others = Object.values(other).reduce((sum, count) => sum + count, 0);
    expect(result.accepted.length + result.refused + others).toBe(result.offered);
  });
});

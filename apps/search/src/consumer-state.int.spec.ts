import { mintToken } from '@effectively-once/platform';
import { listenForTest } from '@effectively-once/platform/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { appModule } from './app.module.js';
import { searchConfig } from './config.js';

const TOKEN = 'a-token-that-opens-only-the-state';
const SECRET = 'a-secret-of-at-least-32-bytes-for-tests';
const ID = '0198c0de-0000-7000-8000-000000000001';

let app: NestFastifyApplication;
let url: string;

// The consumer has not joined its group, and its store is away: it says what it knows.
beforeAll(async () => {
  const config = searchConfig.parse({
    NODE_ENV: 'test',
    SEARCH_PORT: '3003',
    KAFKA_BROKERS: '127.0.0.1:1',
    ELASTICSEARCH_URL: 'http://127.0.0.1:1',
    AUTH_JWT_SECRET: SECRET,
    CONSUMER_STATE_TOKEN: TOKEN,
  });
  ({ app, url } = await listenForTest((logger) => ({ module: appModule(config, logger) })));
});
afterAll(async () => await app.close());

const ask = async (path: string, token?: string) =>
  await fetch(`${url}/internal/state${path}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });

it('no other token opens the state of a consumer: not that of the services, of a person, or none', async () => {
  const operator = await mintToken(SECRET, { userId: 'olga', role: 'operator' }, { ttlS: 60 });
  for (const path of ['', `/deliveries?paymentId=${ID}`]) {
    for (const token of [undefined, 'demo-service-token', operator, `${TOKEN}x`, '']) {
      const response = await ask(path, token);
      expect([path, token, response.status]).toEqual([path, token, 401]);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    }
  }
});

it('the console reads what the consumer works on, and the deliveries of a payment', async () => {
  const state = await (await ask('', TOKEN)).json();
  expect(state).toEqual({
    consumer: 'search',
    at: expect.any(String),
    partitions: [],
    circuits: [{ dependency: 'elasticsearch', state: 'closed', since: null, nextProbeAt: null }],
  });
  for (const query of ['', `?paymentId=${ID}`, '?paymentId=a&paymentId=b', '?paymentId[x]=a'])
    expect(await (await ask(`/deliveries${query}`, TOKEN)).json()).toEqual({ items: [] });
});

it('the state can only be read', async () => {
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await fetch(`${url}/internal/state`, { method, headers })).status).toBe(404);
  }
});

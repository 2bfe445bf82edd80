import { DLQ_HEADERS } from '@effectively-once/contracts';
import { mintToken } from '@effectively-once/platform';
import { listenForTest } from '@effectively-once/platform/testing';
import { testAddresses, waitUntil } from '@effectively-once/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { appModule } from '../app.module.js';
import { consoleConfig } from '../config.js';
import { explain } from '../runtime/console-errors.js';
import {
  produceDeadLetters,
  deadLetter,
  openTestConsole,
  redrivenRecords,
  type TestConsole,
} from './dead-letters.fixture.js';

const SECRET = 'a-secret-of-at-least-32-bytes-for-tests';
/** The secret in `.env`. */
const DEMO_SECRET = 'demo-jwt-secret-of-at-least-32-bytes';

let testConsole: TestConsole;
let app: NestFastifyApplication;
let url: string;

beforeAll(async () => {
  testConsole = await openTestConsole();
  const addresses = testAddresses() as Record<string, unknown>;
  const config = consoleConfig.parse({
    ...addresses,
    NODE_ENV: 'test',
    CONSOLE_DATABASE_URL: testConsole.url,
    AUTH_JWT_SECRET: SECRET,
    KAFKA_BROKERS: testAddresses().KAFKA_BROKERS.join(),
  });
  ({ app, url } = await listenForTest((logger) => ({
    module: appModule(config, logger),
    explain,
  })));
});
afterAll(async () => {
  await app.close();
  await testConsole.close();
});

const tokenOf = (role: 'operator' | 'customer', secret = SECRET) =>
  mintToken(secret, { userId: 'olga', role }, { ttlS: 600 });

async function call(method: 'GET' | 'POST', path: string, body?: object, token?: string) {
  const response = await fetch(`${url}/api/dlq${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token ?? (await tokenOf('operator'))}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    json: JSON.parse(await response.text()),
  };
}

interface Item {
  id: string;
  paymentId: string;
  state: string;
}

/** The dead letter in the list, after the console has ingested it. */
async function listedAs(consumer: string, paymentId: string): Promise<Item> {
  return await waitUntil('the dead letter to be listed', async () => {
    const { json } = await call('GET', `/${consumer}?limit=1000`);
    return (json as { items: Item[] }).items.find((item) => item.paymentId === paymentId);
  });
}

it('only operators have access: customers and tokens with the demo secret are refused', async () => {
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/email'],
    ['GET', '/email/0-0'],
    ['GET', '/actions'],
    ['GET', '/actions/1'],
    ['POST', '/email/redrive'],
    ['POST', '/email/discard'],
  ] as const) {
    const body = method === 'POST' ? {} : undefined;
    const customer = await call(method, path, body, await tokenOf('customer'));
    expect([path, customer.status]).toEqual([path, 403]);
    const demo = await call(method, path, body, await tokenOf('operator', DEMO_SECRET));
    expect([path, demo.status]).toEqual([path, 401]);
    expect(demo.type).toContain('application/problem+json');
  }
});

it('ingests, lists and shows dead letters: depth, oldest, errors, and the event or its bytes', async () => {
  const one = deadLetter('search');
  const poison = {
    ...deadLetter('search', {
      [DLQ_HEADERS.errorName]: 'NotJson',
      [DLQ_HEADERS.errorClass]: 'poison',
    }),
    value: Buffer.from([0xff, 0x00]),
  };
  await produceDeadLetters('search', [one, poison]);
  const { id } = await listedAs('search', one.paymentId);
  const poisonId = (await listedAs('search', poison.paymentId)).id;

  const { json } = await call('GET', '');
  expect(json.consumers.map(({ consumer }: { consumer: string }) => consumer)).toEqual([
    'email',
    'loyalty',
    'search',
  ]);
  expect(json.consumers[2]).toMatchObject({
    depth: expect.any(Number),
    oldest: '2026-11-20T10:00:02.000Z',
    reasons: expect.arrayContaining([
      { errorClass: 'poison', errorName: 'NotJson', count: expect.any(Number) },
    ]),
  });
  const whole = await call('GET', `/search/${id}`);
  expect(whole.json).toMatchObject({
    id,
    state: 'pending',
    originalTopic: 'payment.completed',
    record: {
      key: one.userId,
      headers: one.headers,
      event: { paymentId: one.paymentId, amountMinor: 1299 },
    },
  });
  const raw = await call('GET', `/search/${poisonId}`);
  expect(raw.json.record).toMatchObject({ valueHex: 'ff00', undecodable: { code: 'NotJson' } });
  expect(raw.json.record.event).toBeUndefined();
});

it('pages with a cursor, newest first, and filters by state and error', async () => {
  const reason = `Paged${Date.now()}`;
  const letters = Array.from({ length: 5 }, () =>
    deadLetter('loyalty', { [DLQ_HEADERS.errorName]: reason }),
  );
  await produceDeadLetters('loyalty', letters);
  for (const { paymentId } of letters) await listedAs('loyalty', paymentId);
  const seen: string[] = [];
  let cursor = '';
  do {
    const { json } = await call('GET', `/loyalty?errorName=${reason}&limit=2${cursor}`);
    expect(json.items.length).toBeLessThanOrEqual(2);
    seen.push(...json.items.map(({ paymentId }: Item) => paymentId));
    cursor = json.nextCursor === null ? '' : `&cursor=${json.nextCursor}`;
  } while (cursor !== '');
  expect([...seen].sort()).toEqual(letters.map(({ paymentId }) => paymentId).sort());
  const { json } = await call('GET', `/loyalty?errorName=${reason}&state=redriven`);
  expect(json).toEqual({ items: [], nextCursor: null });
});

it('completes a requested redrive, and reports its progress', async () => {
  const one = deadLetter('email');
  await produceDeadLetters('email', [one]);
  const { id } = await listedAs('email', one.paymentId);
  const asked = await call('POST', '/email/redrive', { ids: [id] });
  expect(asked).toMatchObject({ status: 202, json: { count: 1, ids: [id], refused: [] } });
  const action = await waitUntil('the redrive to be finished', async () => {
    const { json } = await call('GET', `/actions/${asked.json.action.id}`);
    return json.finishedAt ? json : undefined;
  });
  expect(action).toMatchObject({ operator: 'olga', kind: 'redrive', count: 1, done: 1 });
  await expect(redrivenRecords('email', [one])).resolves.toHaveLength(1);
  const { json } = await call('GET', '/actions?limit=1');
  expect(json.items).toEqual([action]);
  await expect(listedAs('email', one.paymentId)).resolves.toMatchObject({ state: 'redriven' });
});

it('names every fault of a request, and the valid values', async () => {
  const bad = await call('POST', '/email/redrive', {
    ids: ['zero'],
    max: 0,
    ratePerS: 1.5,
    dryrun: true,
  });
  expect(bad).toMatchObject({ status: 400, json: { title: 'invalid request' } });
  const pointers = bad.json.errors.map(({ pointer }: { pointer: string }) => pointer);
  expect(pointers.sort()).toEqual(['/dryrun', '/ids/0', '/max', '/ratePerS']);
  for (const [path, body, status] of [
    ['/email/redrive', { ids: ['0-1'], filter: {} }, 400],
    ['/email/discard', { ids: ['0-1'] }, 400],
    ['/email/discard', { ids: ['0-1'], reason: '  ' }, 400],
    ['/email/discard', { ids: [], reason: 'no' }, 400],
    ['/nobody/redrive', {}, 404],
    ['/email/redrive', { ids: ['0-777777'] }, 404],
  ] as const) {
    expect([path, (await call('POST', path, body)).status]).toEqual([path, status]);
  }
  for (const [path, status] of [
    ['/nobody', 404],
    ['/email/0-777777', 404],
    ['/email/zero', 404],
    ['/actions/zero', 404],
    ['/email?state=lost', 400],
    ['/email?cursor=x', 400],
  ] as const) {
    const answer = await call('GET', path);
    expect([path, answer.status]).toEqual([path, status]);
    expect(answer.type).toContain('application/problem+json');
  }
});

it('has a metric for every state of every consumer, also with 0', async () => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith('dead_letters{'));
  const labels = lines.map((line) => /consumer="(\w+)",state="(\w+)"/.exec(line)?.slice(1).join());
  expect(labels.sort()).toEqual(
    ['email', 'loyalty', 'search'].flatMap((consumer) =>
      ['discarded', 'pending', 'redriven'].map((state) => `${consumer},${state}`),
    ),
  );
  expect(text).toMatch(/^dead_letters_oldest_age_seconds\{consumer="search"\} [1-9]/m);
  expect(text).toMatch(/^dead_letters_intake_lag_records\{consumer="search"\} 0$/m);
});

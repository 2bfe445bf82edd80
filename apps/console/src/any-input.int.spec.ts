import { CONSUMERS } from '@effectively-once/contracts';
import { mintToken } from '@effectively-once/platform';
import { listenForTest } from '@effectively-once/platform/testing';
import { testAddresses } from '@effectively-once/testing';
import { answersAnyRequest, anyRequestTo, type Route } from '@effectively-once/testing/any-request';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import { appModule } from './app.module.js';
import { consoleConfig } from './config.js';
import { DEMO_AUTH_SECRET } from './control-room/demo/demo-mode.js';
import { openTestConsole, type TestConsole } from './dead-letters/dead-letters.fixture.js';
import { explain } from './runtime/console-errors.js';

let testConsole: TestConsole;
let app: NestFastifyApplication;
let url: string;
let tokens: string[];

// With the demo's routes. What they would break is not there, and what they say of it is a 503.
beforeAll(async () => {
  testConsole = await openTestConsole();
  const config = consoleConfig.parse({
    ...(testAddresses() as Record<string, unknown>),
    NODE_ENV: 'test',
    DEMO_CONTROLS: '1',
    AUTH_JWT_SECRET: DEMO_AUTH_SECRET,
    CONSOLE_DATABASE_URL: testConsole.url,
    THIRD_PARTIES_URL: 'http://127.0.0.1:1',
    CONTROL_SOCKET: undefined,
    KAFKA_BROKERS: testAddresses().KAFKA_BROKERS.join(),
  });
  ({ app, url } = await listenForTest((logger) => ({
    module: appModule(config, logger),
    explain,
  })));
  const token = async (userId: string, role: 'customer' | 'operator') =>
    await mintToken(DEMO_AUTH_SECRET, { userId, role }, { ttlS: 600 });
  // Most of the routes are for operators only.
  tokens = [await token('olga', 'operator'), await token('auth0|olga.b:1', 'operator')];
  tokens.push(...tokens, await token('alice', 'customer'));
}, 60_000);
afterAll(async () => {
  await app.close();
  await testConsole.close();
});

const number = fc.nat(2_000).map(String);
const name = fc.constantFrom('SmtpRefused', 'IdempotencyCollision');
const errorClass = fc.constantFrom('poison', 'permanent', 'transient', 'unknown');
const letter = fc.tuple(fc.nat(5), fc.nat(9)).map((parts) => parts.join('-'));
const consumer = fc.constantFrom(...CONSUMERS);
const id = { id: fc.oneof(fc.uuid(), number) };
const page = { limit: number, cursor: number };
const filter = fc.record(
  { errorName: fc.oneof(name, fc.string({ unit: 'binary' })), errorClass, through: number },
  { requiredKeys: [] },
);
const command = {
  ids: fc.array(letter, { minLength: 1 }),
  filter,
  max: fc.integer({ min: 1, max: 10_000 }),
  expect: fc.integer({ min: 1, max: 9 }),
};

const DEAD_LETTERS: Route[] = [
  { method: 'GET', path: '/api/dlq' },
  { method: 'GET', path: '/api/dlq/causes', query: { state: fc.constantFrom('pending') } },
  { method: 'GET', path: '/api/dlq/actions', query: page },
  { method: 'GET', path: '/api/dlq/actions/{id}', parameters: id },
  {
    method: 'GET',
    path: '/api/dlq/{consumer}',
    parameters: { consumer },
    query: { ...page, state: fc.constant('pending'), errorName: name, errorClass, action: number },
  },
  { method: 'GET', path: '/api/dlq/{consumer}/{id}', parameters: { consumer, id: letter } },
  {
    method: 'POST',
    path: '/api/dlq/{consumer}/redrive',
    parameters: { consumer },
    body: { ...command, dryRun: fc.boolean(), ratePerS: fc.integer({ min: 1, max: 5_000 }) },
  },
  {
    method: 'POST',
    path: '/api/dlq/{consumer}/discard',
    parameters: { consumer },
    body: { ...command, reason: fc.oneof(fc.string(), fc.string({ unit: 'binary' })) },
  },
];

const CONTROL_ROOM: Route[] = [
  {
    method: 'GET',
    path: '/api/payments',
    query: {
      userId: fc.constantFrom('alice', 'auth0|user.name:1'),
      orderId: fc.constant('order-1'),
      status: fc.constantFrom('COMPLETED', 'UNKNOWN'),
      effects: fc.constantFrom('late', 'dead_lettered'),
      cursor: fc.uuid(),
    },
  },
  { method: 'GET', path: '/api/payments/{id}', parameters: { id: fc.uuid() } },
  { method: 'GET', path: '/api/labs' },
  { method: 'GET', path: '/api/labs/{name}', parameters: { name: fc.constant('duplicates') } },
  { method: 'GET', path: '/api/labs/{name}/picture', parameters: { name: fc.constant('x') } },
  { method: 'GET', path: '/api/stream', headers: { 'last-event-id': number } },
  { method: 'GET', path: '/api/scenarios' },
  { method: 'POST', path: '/api/scenarios/{name}/runs', parameters: { name } },
  { method: 'GET', path: '/api/scenario-runs/{id}', parameters: id },
  { method: 'DELETE', path: '/api/scenario-runs/{id}', parameters: id },
  {
    method: 'POST',
    path: '/api/faults',
    body: {
      target: fc.constantFrom('psp', 'smtp', 'kafka'),
      kind: fc.constantFrom('decline', '451', '550', 'kill'),
      point: fc.constant('after_claim'),
      address: fc.emailAddress(),
      seconds: fc.integer({ min: 1, max: 600 }),
    },
  },
  { method: 'POST', path: '/api/faults/plan', body: { seed: fc.constant('x-1m-1') } },
  { method: 'DELETE', path: '/api/faults/{id}', parameters: id },
  {
    method: 'POST',
    path: '/api/demo/sign-in',
    body: { role: fc.constantFrom('operator', 'customer'), user: fc.constant('auth0|a.b:1') },
  },
];

it('any request about dead letters is answered, and a refusal names its field', async () => {
  await answersAnyRequest(url, anyRequestTo(DEAD_LETTERS, tokens), { withinMs: 5_000 });
}, 30_000);

it('any request of the control room is answered, and a refusal names its field', async () => {
  await answersAnyRequest(url, anyRequestTo(CONTROL_ROOM, tokens), {
    withinMs: 5_000,
    unavailable: ['store_unreadable', 'fault_failed', 'too_many_streams'],
  });
}, 30_000);

it('a question to the audit that it does not know names its parameter', async () => {
  for (const [query, pointer] of [
    ['?report=x', '/report'],
    ['?report=last&report=last', '/report'],
    ['?reports=last', '/reports'],
    ['/verdict', '/since'],
    ['/verdict?since=now', '/since'],
    ['/verdict?since=2026-02-30T00:00:00Z', '/since'],
  ]) {
    const headers = { authorization: `Bearer ${tokens[0]}` };
    const answer = await fetch(`${url}/api/audit${query}`, { headers });
    const { errors } = (await answer.json()) as { errors?: { pointer: string }[] };
    expect([query, answer.status, errors?.map((one) => one.pointer)]).toEqual([
      query,
      400,
      [pointer],
    ]);
  }
});

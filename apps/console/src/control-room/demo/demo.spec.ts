import { readFileSync } from 'node:fs';
import { AUTH_SECRET, createApp, TokenVerifier } from '@effectively-once/platform';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { parse } from 'dotenv';
import { pino } from 'pino';
import { DEMO_AUTH_SECRET, isDemo } from './demo-mode.js';
import { DemoController } from './demo.controller.js';

@Module({
  controllers: [DemoController],
  providers: [{ provide: AUTH_SECRET, useValue: DEMO_AUTH_SECRET }],
})
class Demo {}

let app: NestFastifyApplication;
beforeAll(async () => {
  app = await createApp({ module: Demo, logger: pino({ level: 'silent' }) });
  await app.init();
});
afterAll(() => app.close());

const signIn = async (payload: Record<string, unknown>) =>
  await app.getHttpAdapter().getInstance().inject({
    method: 'POST',
    url: '/api/demo/sign-in',
    payload,
  });

it('is on only with the switch and the demo secret together', () => {
  const secret = { AUTH_JWT_SECRET: DEMO_AUTH_SECRET };
  expect(isDemo({ ...secret, DEMO_CONTROLS: true })).toBe(true);
  expect(isDemo({ ...secret, DEMO_CONTROLS: false })).toBe(false);
  expect(isDemo({ AUTH_JWT_SECRET: `${DEMO_AUTH_SECRET}!`, DEMO_CONTROLS: true })).toBe(false);
});

it('the demo secret is the one in the committed .env', () => {
  const committed = parse(readFileSync('.env'));
  expect(committed['AUTH_JWT_SECRET']).toBe(DEMO_AUTH_SECRET);
});

it.each([
  [{ role: 'operator' }, { userId: 'demo-operator', role: 'operator' }],
  [{ role: 'customer' }, { userId: 'alice', role: 'customer' }],
  [
    { role: 'customer', user: 'bob' },
    { userId: 'bob', role: 'customer' },
  ],
])('signs in %j', async (asked, caller) => {
  const answer = await signIn(asked);
  expect(answer.statusCode).toBe(200);
  const { token } = answer.json();
  await expect(new TokenVerifier(DEMO_AUTH_SECRET).verify(token)).resolves.toMatchObject({
    caller,
  });
});

it.each([{}, { role: 'auditor' }, { role: 'customer', user: 'a b' }, { role: 'operator', ttl: 9 }])(
  'refuses %j with a problem document',
  async (asked) => {
    const answer = await signIn(asked);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ title: 'invalid request' });
  },
);

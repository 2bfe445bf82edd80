import { generateKeyPairSync } from 'node:crypto';
import { ConfigError } from '@effectively-once/platform';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { paymentsConfig } from '../config.js';
import { newOrder, PaymentsUnderTest, TEST_ENVIRONMENT } from '../testing/payments-under-test.js';
import { sendWebhook } from '../testing/webhooks.js';

const SECRET = new TextEncoder().encode(TEST_ENVIRONMENT.AUTH_JWT_SECRET);

describe('a request', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());

  const good = { sub: 'alice', iss: 'effectively-once', aud: 'payments', email: 'a@example.com' };
  const signed = async (
    claims: JWTPayload,
    { alg = 'HS256', key = SECRET as never, ttl = '1h' } = {},
  ) => await new SignJWT(claims).setProtectedHeader({ alg }).setExpirationTime(ttl).sign(key);
  const statusFor = async (token: string) => {
    const authorization = `Bearer ${token}`;
    const response = await payments.pay({
      key: `stranger-${crypto.randomUUID()}`,
      body: newOrder(),
      headers: { authorization },
    });
    return response.status;
  };

  it('with a token of ours is accepted', async () => {
    expect(await statusFor(await signed(good))).toBe(201);
  });

  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  it.each<[string, () => Promise<string>]>([
    [
      'says it is signed by "none"',
      async () => new UnsecuredJWT(good).setExpirationTime('1h').encode(),
    ],
    ['is signed with a stronger algorithm than ours', () => signed(good, { alg: 'HS512' })],
    ['is signed with a key pair', () => signed(good, { alg: 'RS256', key: privateKey as never })],
    [
      'is signed with another secret',
      () => signed(good, { key: new TextEncoder().encode('x'.repeat(32)) as never }),
    ],
    ['comes from another issuer', () => signed({ ...good, iss: 'another-issuer' })],
    ['is meant for another service', () => signed({ ...good, aud: 'search' })],
    ['has expired more than a minute ago', () => signed(good, { ttl: '-61s' })],
    ['never expires', () => new SignJWT(good).setProtectedHeader({ alg: 'HS256' }).sign(SECRET)],
    ['has an empty subject', () => signed({ ...good, sub: '' })],
    ['has an impossible subject', () => signed({ ...good, sub: "alice' OR 1=1" })],
  ])('with a token that %s is a 401', async (_, mint) => {
    expect(await statusFor(await mint())).toBe(401);
  });

  it('of an operator shows no payments of other users', async () => {
    const response = await payments.pay({ key: 'mine', body: newOrder() });
    const location = response.headers.get('location') ?? '';
    const operator = await signed({ ...good, sub: 'root', role: 'operator' });
    expect((await payments.get(location, operator)).status).toBe(404);
  });

  it('with the token of a customer gets no address from the internal route', async () => {
    const response = await payments.pay({ key: 'address', body: newOrder() });
    const id = (response.headers.get('location') ?? '').split('/').at(-1);
    expect((await payments.get(`/internal/payments/${id}/recipient`)).status).toBe(401);
  });

  it('that fails by our fault shows no internals', async () => {
    const { admin } = payments.database;
    await admin.query(
      `CREATE POLICY mistake ON payments.payments AS RESTRICTIVE FOR INSERT TO payments_app
         WITH CHECK (1 / (version - version) = 1)`,
    );
    try {
      const response = await payments.pay({ key: 'faulty', body: newOrder() });
      expect(response.status).toBe(500);
      expect(await response.text()).toBe(
        '{"type":"https://effectively-once.example/problems/internal_error",' +
          '"title":"internal error","status":500,"detail":"Something failed on our side."}',
      );
    } finally {
      await admin.query('DROP POLICY mistake ON payments.payments');
    }
  });

  it('that fails by its own fault shows no internals', async () => {
    const responses = await Promise.all([
      payments.pay({ key: 'broken', body: '{"orderId":' }),
      payments.get('/v1/payments/%00'),
      payments.get('/v1/payments?orderId[$ne]=x'),
      payments.get('/nowhere'),
      sendWebhook(payments, {}, { secret: 'whsec_other' }),
    ]);
    for (const response of responses) {
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
      expect(await response.text()).not.toMatch(/\bat .*:\d+|node_modules|SELECT|stripe/i);
    }
  });

  it('gets an answer that no browser runs, frames or sniffs', async () => {
    const { headers } = await payments.get('/v1/payments?orderId=any');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toContain('max-age');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

it('production refuses the public values of .env, and names all of them', () => {
  const demo = {
    ...TEST_ENVIRONMENT,
    PAYMENTS_DATABASE_URL: 'postgres://payments_app:demo-payments-app@127.0.0.1/payments',
    AUTH_JWT_SECRET: 'demo-jwt-secret-of-at-least-32-bytes',
    SERVICE_TOKEN: 'demo-service-token',
    PSP_SECRET_KEY: 'sk_test_demo',
    PSP_WEBHOOK_SECRET: 'whsec_demo',
  };
  expect(() => paymentsConfig(demo)).not.toThrow();
  let faults: string[] = [];
  try {
    paymentsConfig({ ...demo, NODE_ENV: 'production' });
  } catch (error) {
    faults = (error as ConfigError).faults;
  }
  expect(faults.map((fault) => fault.split(':')[0])).toEqual([
    'PAYMENTS_DATABASE_URL',
    'AUTH_JWT_SECRET',
    'SERVICE_TOKEN',
    'PSP_SECRET_KEY',
    'PSP_WEBHOOK_SECRET',
  ]);
});

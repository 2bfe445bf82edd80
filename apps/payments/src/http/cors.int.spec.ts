import { PaymentsUnderTest } from '../testing/payments-under-test.js';

const SHOP = 'http://localhost:8080';
let payments: PaymentsUnderTest;
beforeAll(async () => {
  payments = await PaymentsUnderTest.start({ SHOP_ORIGINS: `${SHOP},http://127.0.0.1:8080` });
});
afterAll(() => payments.stop());

const preflight = (origin: string) =>
  fetch(`${payments.url}/v1/payments`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  });

it('a page of the shop may send a checkout', async () => {
  const answer = await preflight(SHOP);
  expect(answer.status).toBe(204);
  expect(answer.headers.get('access-control-allow-origin')).toBe(SHOP);
  expect(answer.headers.get('access-control-allow-headers')).toContain('idempotency-key');
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
});

it('a page of the shop may read the headers that tell a replay from a first answer', async () => {
  const answer = await fetch(`${payments.url}/v1/payments`, {
    method: 'POST',
    headers: { origin: SHOP },
  });
  expect(answer.status).toBe(401);
  const readable = answer.headers.get('access-control-expose-headers') ?? '';
  expect(readable.split(/,\s*/).sort()).toEqual(['idempotent-replayed', 'location', 'retry-after']);
});

it.each(['https://evil.example', 'http://localhost:8081', 'null'])(
  'a page of %s may not',
  async (origin) => {
    const { headers } = await preflight(origin);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  },
);

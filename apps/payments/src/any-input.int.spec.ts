import { randomUUID } from 'node:crypto';
import { mintToken } from '@effectively-once/platform';
import { answersAnyRequest, anyRequestTo } from '@effectively-once/testing/any-request';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { newOrder, PaymentsUnderTest, TEST_ENVIRONMENT } from './testing/payments-under-test.js';
import { sendWebhook } from './testing/webhooks.js';

let payments: PaymentsUnderTest;
beforeAll(async () => {
  payments = await PaymentsUnderTest.start({ RATE_LIMIT_BURST: '100000' });
}, 30_000);
afterAll(async () => await payments.stop());

const orderId = fc.oneof(fc.constantFrom('o1', 'o2'), fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/));
const key = fc.oneof(fc.constantFrom('k1', '"k1"', 'k2'), fc.uuid());
const order = {
  orderId,
  amountMinor: fc.oneof(fc.integer({ min: 1, max: 10 ** 10 - 1 }), fc.constantFrom(1_299, 5_124)),
  currency: fc.constantFrom('EUR', 'ISK', 'MGA', 'KWD', 'HUF', 'XXX', 'eur'),
  paymentMethod: fc.constantFrom('pm_card_visa', 'pm_card_visa_chargeDeclined'),
  receiptEmail: fc.oneof(fc.emailAddress(), fc.constantFrom('r&d@b.example', 'ü@b.example', 'a@b')),
};

it('any request to payments is answered, and one that is refused names its field or its rule', async () => {
  const request = anyRequestTo(
    [
      { method: 'POST', path: '/v1/payments', body: order, headers: { 'idempotency-key': key } },
      { method: 'GET', path: '/v1/payments', query: { orderId } },
      { method: 'GET', path: '/v1/payments/{id}', parameters: { id: fc.uuid() } },
      { method: 'POST', path: '/internal/recipients', body: { ids: fc.array(fc.uuid()) } },
      { method: 'GET', path: '/internal/payments/{id}/recipient', parameters: { id: fc.uuid() } },
      {
        method: 'POST',
        path: '/v1/psp/webhooks',
        body: { id: fc.uuid() },
        headers: { 'stripe-signature': fc.constant('t=1,v1=00') },
      },
    ],
    [await payments.token(), await payments.token('auth0|user.name:1'), 'service-token'],
  );
  await answersAnyRequest(payments.url, request, { unavailable: ['overloaded'], withinMs: 4_000 });
}, 30_000);

const oddClaim = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.string({ unit: 'binary' }));
const claims = fc.record(
  {
    sub: fc.oneof(oddClaim, fc.constantFrom('.', '..', 'a@b', 'x'.repeat(129), '\0')),
    email: oddClaim,
    role: oddClaim,
    aud: fc.oneof(oddClaim, fc.constant('payments')),
    iss: fc.oneof(oddClaim, fc.constant('effectively-once')),
    exp: fc.oneof(oddClaim, fc.constantFrom(0, 1e12, 1e300)),
    nbf: fc.oneof(oddClaim, fc.constantFrom(0, 1e12, 1e300)),
    iat: oddClaim,
  },
  { requiredKeys: [] },
);

/** Valid, but for the claims that are given. */
async function tokenWith(changes: Record<string, unknown>): Promise<string> {
  const good = { sub: 'alice', aud: 'payments', iss: 'effectively-once', exp: 4e9 };
  return await new SignJWT({ ...good, ...changes })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(TEST_ENVIRONMENT.AUTH_JWT_SECRET));
}

it('a token of our issuer with any claims pays, or is refused as unauthorized', async () => {
  await fc.assert(
    fc.asyncProperty(claims, async (changes) => {
      const headers = { authorization: `Bearer ${await tokenWith(changes)}` };
      const paid = await payments.pay({ key: randomUUID(), body: newOrder(), headers });
      const problem = (await paid.json()) as { type?: string };
      // A token without a usable address, of a customer without a stored one.
      const isAddress = paid.status === 400 && problem.type?.endsWith('/invalid_request');
      if (!isAddress) expect([201, 401]).toContain(paid.status);
    }),
    { numRuns: 400, interruptAfterTimeLimit: 2_000 },
  );
}, 30_000);

it('what is right by its standard is paid: every form of the headers, the key and the subject', async () => {
  const subject = fc
    .stringMatching(/^[A-Za-z0-9_.:|-]{1,128}$/)
    .filter((sub) => sub !== '.' && sub !== '..');
  const form = fc.record({
    userId: fc.oneof(subject, fc.constant('auth0|user.name:1')),
    // RFC 9110 §11.4: the scheme in any case, then one space or more.
    scheme: fc.constantFrom('Bearer ', 'bearer ', 'BEARER  '),
    // RFC 9110 §8.3.1: names in any case, a value bare or quoted.
    'content-type': fc.constantFrom(
      'application/json',
      'Application/JSON',
      'application/json; charset=utf-8',
      'application/json;Charset="UTF-8"',
      'application/json ; charset=utf-8',
    ),
    // RFC 8941 §3.3.3, or bare.
    quote: fc.constantFrom('', '"'),
    space: fc.constantFrom('', ' ', '\r\n', '\t'),
  });
  await fc.assert(
    fc.asyncProperty(form, async ({ userId, scheme, quote, space, ...headers }) => {
      const caller = { userId, role: 'customer', email: 'a@b.example' } as const;
      const token = await mintToken(TEST_ENVIRONMENT.AUTH_JWT_SECRET, caller, { ttlS: 600 });
      const paid = await payments.pay({
        body: space + JSON.stringify(newOrder()) + space,
        headers: {
          ...headers,
          authorization: scheme + token,
          'idempotency-key': quote + randomUUID() + quote,
        },
      });
      expect([paid.status, await paid.json()]).toEqual([201, expect.objectContaining({ userId })]);
    }),
    { numRuns: 300, interruptAfterTimeLimit: 2_000 },
  );
}, 30_000);

const oddObject = fc.oneof(oddClaim, fc.constantFrom('pi_1', { id: 'pi_1' }, { id: null }, null));
const event = fc.record({
  id: fc.uuid().map((id) => `evt_${id.replaceAll('-', '')}`),
  type: fc.constantFrom(
    'payment_intent.succeeded',
    'payment_intent.payment_failed',
    'refund.updated',
    'charge.dispute.created',
    'charge.succeeded',
    'payout.paid',
  ),
  data: fc.record({
    object: fc.record(
      {
        id: oddObject,
        status: fc.oneof(fc.constantFrom('succeeded', 'needs_response'), oddClaim),
        reason: fc.oneof(fc.constant('fraudulent'), oddClaim),
        payment_intent: oddObject,
        last_payment_error: oddObject,
        metadata: fc.oneof(oddObject, fc.record({ paymentId: fc.oneof(fc.uuid(), oddClaim) })),
      },
      { requiredKeys: [] },
    ),
  }),
});

type Event = typeof event extends fc.Arbitrary<infer Generated> ? Generated : never;
const eventsWithKeysOfPrototypes = ['{"__proto__":"x"}', '{"constructor":{"prototype":{}}}'].map(
  (metadata): [Event] => [
    {
      id: `evt_${randomUUID().replaceAll('-', '')}`,
      type: 'payment_intent.succeeded',
      data: { object: { metadata: JSON.parse(metadata) } },
    },
  ],
);

it('an event that the PSP signed is taken, whatever its object has: else it is sent for three days', async () => {
  await fc.assert(
    fc.asyncProperty(event, async (given) => {
      const answer = await sendWebhook(payments, given);
      expect([answer.status, await answer.json()]).toEqual([200, { received: true }]);
    }),
    { numRuns: 400, interruptAfterTimeLimit: 2_000, examples: eventsWithKeysOfPrototypes },
  );
}, 30_000);

import { mintToken } from '@effectively-once/platform';
import { listenForTest } from '@effectively-once/platform/testing';
import { testAddresses } from '@effectively-once/testing';
import { answersAnyRequest, anyRequestTo } from '@effectively-once/testing/any-request';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import { appModule } from './app.module.js';
import { searchConfig } from './config.js';
import { encodeCursor } from './query/search-query.js';

const SECRET = 'a-secret-of-at-least-32-bytes-for-tests';
const STATE_TOKEN = 'a-token-that-opens-only-the-state';

let app: NestFastifyApplication;
let url: string;

beforeAll(async () => {
  const config = searchConfig.parse({
    NODE_ENV: 'test',
    SEARCH_PORT: '3003',
    KAFKA_BROKERS: '127.0.0.1:1',
    ELASTICSEARCH_URL: testAddresses().ELASTICSEARCH_URL,
    AUTH_JWT_SECRET: SECRET,
    CONSUMER_STATE_TOKEN: STATE_TOKEN,
  });
  ({ app, url } = await listenForTest((logger) => ({ module: appModule(config, logger) })));
}, 30_000);
afterAll(async () => await app.close());

const digits = (max: number, width = 2) =>
  fc.oneof(fc.constantFrom(0, max), fc.nat(max)).map((n) => String(n).padStart(width, '0'));
/** RFC 3339, with every year, and every zone that it allows. */
const time = fc
  .tuple(
    fc.tuple(digits(9_999, 4), digits(11), digits(27)),
    fc.constantFrom('T', 't'),
    fc.tuple(digits(23), digits(59), digits(59)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,12}$/)),
    fc.oneof(
      fc.constantFrom('Z', 'z'),
      fc
        .tuple(fc.constantFrom('+', '-'), digits(17), digits(59))
        .map(([s, h, m]) => `${s}${h}:${m}`),
    ),
  )
  .map(([[year, month, day], t, clock, fraction, zone]) => {
    const date = `${year}-${String(Number(month) + 1).padStart(2, '0')}-${String(Number(day) + 1).padStart(2, '0')}`;
    return `${date}${t}${clock.join(':')}${fraction}${zone}`;
  });
const cursor = fc
  .tuple(fc.oneof(fc.maxSafeInteger(), fc.constantFrom(8.64e15, -8.64e15, 0)), fc.uuid())
  .map(encodeCursor);
const userId = fc.constantFrom('alice', 'auth0|user.name:1', 'bob');
const amount = fc.oneof(fc.nat(10 ** 10 - 1), fc.constantFrom(10 ** 10 - 1, 10 ** 10)).map(String);

const tokens = async () => [
  await mintToken(SECRET, { userId: 'alice', role: 'customer' }, { ttlS: 600 }),
  await mintToken(SECRET, { userId: 'olga', role: 'operator' }, { ttlS: 600 }),
];

it('any search is answered, and one that is refused names its field', async () => {
  const request = anyRequestTo(
    [
      {
        method: 'GET',
        path: '/v1/search',
        query: {
          q: fc.oneof(fc.constantFrom('order', '*', 'a AND (', '"', '\\'), fc.string()),
          userId,
          status: fc.constantFrom('COMPLETED', 'FAILED'),
          currency: fc.constantFrom('EUR', 'XXX'),
          from: time,
          to: fc.oneof(time, fc.constantFrom('0000-01-01', '9999-12-31')),
          minAmountMinor: amount,
          maxAmountMinor: amount,
          cursor,
        },
      },
    ],
    [...(await tokens()), STATE_TOKEN],
  );
  await answersAnyRequest(url, request);
}, 30_000);

it('every time of RFC 3339 within 18 hours of UTC can be searched from and to', async () => {
  const [token] = await tokens();
  await fc.assert(
    fc.asyncProperty(time, time, async (from, to) => {
      const asked = new URL('/v1/search', url);
      asked.search = String(new URLSearchParams({ from, to }));
      const answer = await fetch(asked, { headers: { authorization: `Bearer ${token}` } });
      expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
    }),
    { numRuns: 300, interruptAfterTimeLimit: 3_000 },
  );
}, 30_000);

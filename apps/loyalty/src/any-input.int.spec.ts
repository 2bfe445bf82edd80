import { mintToken } from '@effectively-once/platform';
import { listenForTest } from '@effectively-once/platform/testing';
import { createTestDatabase, type TestDatabase } from '@effectively-once/testing';
import { answersAnyRequest, anyRequestTo } from '@effectively-once/testing/any-request';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import { appModule } from './app.module.js';
import { loyaltyConfig } from './config.js';
import { loyaltyDataSource } from './database/database.js';

const STATE_TOKEN = 'a-token-that-opens-only-the-state';
const SECRET = 'a-secret-of-at-least-32-bytes-for-tests';

let database: TestDatabase;
let app: NestFastifyApplication;
let url: string;

// The consumer does not join its group: only what it answers over HTTP is tested here.
beforeAll(async () => {
  database = await createTestDatabase('loyalty');
  const migrating = await loyaltyDataSource({ url: database.url }).initialize();
  await migrating.runMigrations();
  await migrating.destroy();
  const config = loyaltyConfig.parse({
    NODE_ENV: 'test',
    LOYALTY_PORT: '3002',
    KAFKA_BROKERS: '127.0.0.1:1',
    LOYALTY_DATABASE_URL: database.url,
    AUTH_JWT_SECRET: SECRET,
    CONSUMER_STATE_TOKEN: STATE_TOKEN,
  });
  ({ app, url } = await listenForTest((logger) => ({ module: appModule(config, logger) })));
}, 30_000);
afterAll(async () => {
  await app.close();
  await database.drop();
});

it('any request for points, or for the state, is answered; a refusal names its field', async () => {
  const token = async (userId: string, role: 'customer' | 'operator') =>
    await mintToken(SECRET, { userId, role }, { ttlS: 600 });
  const userId = fc.constantFrom('alice', 'auth0|user.name:1', 'bob');
  const request = anyRequestTo(
    [
      { method: 'GET', path: '/v1/users/{userId}/points', parameters: { userId } },
      { method: 'GET', path: '/internal/state' },
      { method: 'GET', path: '/internal/state/deliveries', query: { paymentId: fc.uuid() } },
    ],
    [await token('alice', 'customer'), await token('olga', 'operator'), STATE_TOKEN],
  );
  await answersAnyRequest(url, request);
}, 30_000);

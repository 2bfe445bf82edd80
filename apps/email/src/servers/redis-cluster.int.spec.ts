import { createLogger } from '@effectively-once/platform';
import { freePort, waitUntil } from '@effectively-once/testing';
import type { Redis } from 'ioredis';
import { receiptClaims } from '../email.idempotency.js';
import { OwnRedis } from '../testing/redis-server.fixture.js';
import { assertKeepsEveryMarker } from './redis-memory.js';
import { probeRedis } from './redis-probe.js';
import { connectRedis } from './redis.js';

const SLOTS = Array.from({ length: 16_384 }, (_, slot) => slot);

let own: OwnRedis;
let redis: Redis;

// A cluster of one server that owns every slot.
beforeAll(async () => {
  const port = ['--cluster-port', String(await freePort())];
  own = await OwnRedis.start(...port, '--cluster-enabled', 'yes');
  redis = await connectRedis(own.url);
  await redis.call('CLUSTER', 'ADDSLOTS', ...SLOTS);
  const isServing = async () => String(await redis.call('CLUSTER', 'INFO')).includes('state:ok');
  await waitUntil('the cluster serves its slots', async () => (await isServing()) || undefined);
}, 60_000);
afterAll(async () => {
  redis?.disconnect();
  await own?.remove();
});

const REASON = 'Redis must run with cluster-enabled no: a claim uses two keys in one script';

// If this fails, a cluster has become possible, and the refusal is wrong.
it('a Redis Cluster refuses the script of a claim', async () => {
  const claims = receiptClaims(redis, createLogger('test'));
  const receipt = { paymentId: 'p-1', messageId: '<p-1@example.com>', fingerprint: 'f' };
  const failure: unknown = await claims.claim(receipt).catch((error: unknown) => error);
  const said = failure instanceof Error ? `${failure.message} ${String(failure.cause)}` : '';
  expect(said).toMatch(/CROSSSLOT|same slot/);
});

it('refuses to start on a Redis Cluster, with the reason', async () => {
  await expect(assertKeepsEveryMarker(redis)).rejects.toThrow(REASON);
});

it('a probe takes a Redis Cluster for down, so a change to one cannot look like a recovery', async () => {
  await expect(probeRedis(redis)).rejects.toThrow(REASON);
});

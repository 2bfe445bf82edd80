import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { testAddresses, waitUntil } from '@effectively-once/testing';
import { Redis } from 'ioredis';
import { connectRedis } from './redis.js';

/*
 * Commands of many lanes share one write and one read, so a connection can end between the answers
 * of one pipeline. The client must neither give a later answer to an earlier command nor send a
 * command again whose caller has failed.
 */

const CUTS = 40;
const COMMANDS_AT_ONCE = 20;
// The first answer is that to INFO, which a client needs to be ready: some kilobytes.
const FIRST_CUT_BYTES = 12_000;
const CUT_STEP_BYTES = 7;

const { hostname, port } = new URL(testAddresses().REDIS_URL);
const prefix = `cut.${randomUUID()}`;

let proxy: Server;
let cuts: number;
let direct: Redis;
let redis: Redis;
beforeEach(async () => {
  cuts = 0;
  proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    let left = FIRST_CUT_BYTES + cuts * CUT_STEP_BYTES;
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes: Buffer) => {
      client.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left > 0 || client.destroyed) return;
      cuts += 1;
      client.destroy();
    });
    for (const socket of [client, server]) socket.on('error', () => undefined);
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  direct = new Redis(testAddresses().REDIS_URL);
  redis = await connectRedis(`redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
}, 20_000);
afterEach(async () => {
  redis.disconnect();
  const keys = await direct.keys(`${prefix}*`);
  if (keys.length > 0) await direct.del(...keys);
  await direct.quit();
  await new Promise((resolve) => proxy.close(resolve));
});

// As a claim: it changes the store, and its answer tells whose change it was.
const SCRIPT = `redis.call('INCR', KEYS[1]) return ARGV[1]`;

it('connections that end between the answers of a pipeline mix up no answer, and no command runs twice', async () => {
  let commands = 0;
  let answered = 0;
  const wrong: unknown[] = [];
  const one = async () => {
    const key = `${prefix}.${(commands += 1)}`;
    const answer = await redis.eval(SCRIPT, 1, key, key).catch(() => undefined);
    if (answer !== undefined) answered += 1;
    if (answer !== undefined && answer !== key) wrong.push({ key, answer });
  };
  while (cuts < CUTS) {
    await Promise.all(Array.from({ length: COMMANDS_AT_ONCE }, one));
    await waitUntil('another connection', () => redis.status === 'ready');
  }
  expect(wrong).toEqual([]);
  expect(answered).toBeGreaterThan(CUTS);
  const keys = Array.from({ length: commands }, (_, n) => `${prefix}.${n + 1}`);
  const runs = (await direct.mget(keys)).map((count) => Number(count));
  expect(Math.max(...runs)).toBe(1);
}, 60_000);

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@effectively-once/platform';
import { freePort, waitUntil } from '@effectively-once/testing';
import type { Redis } from 'ioredis';
import { findSystemServers } from '../../../../tools/stack/native/programs/system-servers.js';
import { stackFolder } from '../../../../tools/stack/native/stack-folder.js';
import { receiptClaims } from '../email.idempotency.js';
import { assertKeepsEveryMarker } from './redis-memory.js';
import { probeRedis } from './redis-probe.js';
import { connectRedis } from './redis.js';

const SLOTS = Array.from({ length: 16_384 }, (_, slot) => slot);

let folder: string;
let server: ChildProcess;
let redis: Redis;

// A cluster of one server that owns every slot.
beforeAll(async () => {
  const { binaries, user } = stackFolder();
  const { signal } = new AbortController();
  const programs = await findSystemServers({
    folder: join(binaries, 'debian'),
    user,
    signal,
    onNote: () => undefined,
  });
  folder = mkdtempSync(join(tmpdir(), 'redis-cluster-'));
  const port = await freePort();
  const options = ['--port', String(port), '--cluster-port', String(await freePort())];
  server = spawn(
    programs.redis.command,
    [...options, '--bind', '127.0.0.1', '--dir', folder, '--cluster-enabled', 'yes'],
    { stdio: 'ignore', env: { ...process.env, LD_LIBRARY_PATH: programs.redis.libraries } },
  );
  redis = await connectRedis(`redis://127.0.0.1:${port}`);
  await redis.call('CLUSTER', 'ADDSLOTS', ...SLOTS);
  const isServing = async () => String(await redis.call('CLUSTER', 'INFO')).includes('state:ok');
  await waitUntil('the cluster serves its slots', async () => (await isServing()) || undefined);
}, 60_000);
afterAll(async () => {
  redis?.disconnect();
  server?.kill('SIGKILL');
  if (server && server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
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

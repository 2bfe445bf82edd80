import type { PaymentCompleted } from '@effectively-once/contracts';
import { aPayment } from '@effectively-once/delivery/testing';
import { createLogger } from '@effectively-once/platform';
import { waitUntil } from '@effectively-once/testing';
import type { Redis } from 'ioredis';
import { EmailIdempotency, messageIdOf, receiptClaims } from '../email.idempotency.js';
import { OwnRedis } from '../testing/redis-server.fixture.js';
import { EmailCircuits } from './circuits.js';
import type { MailProvider } from './mail-provider.js';
import { connectRedis } from './redis.js';

/*
 * A Redis without the markers of before: it was started again (restored from an older backup, after
 * a power cut, replaced by an empty one), it was emptied, or a replica took over.
 */

let own: OwnRedis;
let redis: Redis;
let circuits: EmailCircuits;
let strategy: EmailIdempotency;
const accepted = new Set<string>();
const asked: string[] = [];

beforeAll(async () => {
  own = await OwnRedis.start('--repl-diskless-sync-delay', '0');
  redis = await connectRedis(own.url);
  const works = { ping: async () => undefined, verify: async () => true as const };
  circuits = new EmailCircuits(redis, works, works, works);
  const provider = {
    hasAccepted: async (id: string) => {
      asked.push(id);
      return accepted.has(id);
    },
  } as MailProvider;
  strategy = new EmailIdempotency(receiptClaims(redis, createLogger('test')), provider, circuits);
}, 60_000);
afterAll(async () => {
  circuits?.all.forEach((circuit) => circuit.close());
  redis?.disconnect();
  await own?.remove();
});

const idOf = ({ paymentId }: PaymentCompleted) => messageIdOf(paymentId);

const send = async (payment: PaymentCompleted) =>
  await strategy.once(payment, async () => void accepted.add(idOf(payment)));

const answers = () =>
  waitUntil('Redis to answer', async () => (await redis.ping().catch(() => '')) === 'PONG');

/** Each ends with a Redis without the markers that were written since the first call. */
const LOSSES: Record<string, () => Promise<() => Promise<void>>> = {
  'was started again': async () => async () => {
    await own.kill();
    await own.startAgain();
    await answers();
  },
  'was emptied by FLUSHDB': async () => async () => void (await redis.flushdb()),
  async 'failed over to a replica that had not received it'() {
    const replica = await OwnRedis.start('--repl-diskless-sync-delay', '0');
    const connection = await connectRedis(replica.url);
    await connection.replicaof('127.0.0.1', portOf(own));
    await waitUntil('the replica to have everything', async () =>
      /master_link_status:up/.test(await connection.info('replication')),
    );
    await connection.replicaof('NO', 'ONE');
    connection.disconnect();
    return async () => {
      await own.remove();
      own = replica;
      redis.options.port = portOf(own);
      await answers();
    };
  },
};

/** It has served claims since, so it is sure to have the markers of all payments of these tests. */
async function keepsMarkersForAnHour(): Promise<void> {
  await expect(send(aPayment())).resolves.toBe('applied');
  const [runId] = (await redis.get('email:markers-since'))?.split(':') ?? [];
  await redis.set('email:markers-since', `${runId}:${Date.now() - 3_600_000}`);
}

const portOf = ({ url }: OwnRedis) => Number(new URL(url).port);

describe.each(Object.keys(LOSSES))('Redis %s', (name) => {
  const prepare = LOSSES[name]!;

  it('mails no receipt a second time whose marker is gone', async () => {
    const payment = aPayment();
    await keepsMarkersForAnHour();
    const loseMarkers = await prepare();
    await expect(send(payment)).resolves.toBe('applied');
    await loseMarkers();
    const neverSends = async () => {
      throw new Error('this must not be sent');
    };
    await expect(strategy.once(payment, neverSends)).resolves.toBe('duplicate');
    // The marker is there again, so the next redelivery asks no provider.
    const before = asked.length;
    await expect(strategy.once(payment, neverSends)).resolves.toBe('duplicate');
    expect(asked).toHaveLength(before);
  });

  it('mails a receipt that was not sent before', async () => {
    const payment = aPayment();
    await keepsMarkersForAnHour();
    const loseMarkers = await prepare();
    await loseMarkers();
    await expect(send(payment)).resolves.toBe('applied');
    expect(asked).toContain(idOf(payment));
  });
});

it('asks nothing while Redis has every marker', async () => {
  const payment = aPayment();
  await keepsMarkersForAnHour();
  await expect(send(payment)).resolves.toBe('applied');
  expect(asked).not.toContain(idOf(payment));
});

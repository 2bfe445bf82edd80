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
 * A Redis that was restored from an older backup, that lost its last second in a power cut, or that
 * was replaced by an empty one: its markers of before are gone, and it has started again.
 */

let own: OwnRedis;
let redis: Redis;
let circuits: EmailCircuits;
let strategy: EmailIdempotency;
const accepted = new Set<string>();
const asked: string[] = [];

beforeAll(async () => {
  own = await OwnRedis.start();
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

async function losesItsMarkers(): Promise<void> {
  await own.kill();
  await own.startAgain();
  await waitUntil('Redis to answer', async () => (await redis.dbsize().catch(() => -1)) === 0);
}

const inAMinute = () => new Date(Date.now() + 60_000).toISOString();

it('mails no receipt a second time when Redis was started without its marker', async () => {
  const payment = aPayment();
  await expect(send(payment)).resolves.toBe('applied');
  await losesItsMarkers();
  const neverSends = async () => {
    throw new Error('this must not be sent');
  };
  await expect(strategy.once(payment, neverSends)).resolves.toBe('duplicate');
  // The marker is there again, so the next redelivery asks no provider.
  const before = asked.length;
  await expect(strategy.once(payment, neverSends)).resolves.toBe('duplicate');
  expect(asked).toHaveLength(before);
});

it('mails a receipt that was not sent before Redis was started', async () => {
  const payment = aPayment();
  await losesItsMarkers();
  await expect(send(payment)).resolves.toBe('applied');
  expect(asked).toContain(idOf(payment));
});

it('asks nothing for a payment that completed after Redis was started', async () => {
  const payment = aPayment({ completedAt: inAMinute() });
  await expect(send(payment)).resolves.toBe('applied');
  expect(asked).not.toContain(idOf(payment));
});

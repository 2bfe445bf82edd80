import type { DecodedEvent } from '@effectively-once/contracts';
import { everyRecordedVersion } from '@effectively-once/contracts/recordings';
import { paymentCompletedDecoder } from '@effectively-once/delivery';
import { createLogger } from '@effectively-once/platform';
import { testAddresses } from '@effectively-once/testing';
import type { Redis } from 'ioredis';
import { EmailIdempotency, receiptClaims } from './email.idempotency.js';
import { PaymentCompletedConsumer } from './payment-completed.consumer.js';
import type { MailProvider } from './servers/mail-provider.js';
import { connectRedis } from './servers/redis.js';
import { FakeMailProvider } from './testing/fake-mail-provider.js';

let redis: Redis;
let provider: FakeMailProvider;
let consumer: PaymentCompletedConsumer;

beforeAll(async () => {
  redis = await connectRedis(testAddresses().REDIS_URL);
  provider = await FakeMailProvider.start();
  const { sendReceipt, circuits } = provider.sendReceipt();
  // The recordings grow old: after six days email asks whether the provider has accepted the mail.
  const asked = { hasAccepted: async () => false } as unknown as MailProvider;
  const claims = receiptClaims(redis, createLogger('test'));
  consumer = new PaymentCompletedConsumer(
    new EmailIdempotency(claims, asked, circuits),
    sendReceipt,
  );
});
afterAll(async () => {
  await redis.del(everyRecordedVersion().map(keyOf));
  await provider.stop();
  redis.disconnect();
});

type Recorded = ReturnType<typeof everyRecordedVersion>[number];
const keyOf = ({ record }: Recorded) => `email:receipt:${String(record.headers['ce_subject'])}`;

it.each(everyRecordedVersion())(
  'the recorded bytes of version $version mail their receipt once',
  async (recorded) => {
    const { record, version } = recorded;
    await redis.del(keyOf(recorded));
    const before = provider.accepted.length;
    const deliver = async () =>
      await consumer.onPaymentCompleted(paymentCompletedDecoder.decode(record) as DecodedEvent);
    await expect(deliver()).resolves.toBe('applied');
    await expect(deliver()).resolves.toBe('duplicate');
    const mails = provider.accepted.slice(before);
    expect(mails).toHaveLength(1);
    expect(mails[0]).toContain('12.99');
    // Only version 2 names the charge.
    expect(/Charge: +pi_/.test(mails[0] ?? '')).toBe(version === 2);
  },
);

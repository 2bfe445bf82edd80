import { setImmediate as nextTurn } from 'node:timers/promises';
import { aPayment } from '@effectively-once/delivery/testing';
import { EmailIdempotency } from './email.idempotency.js';
import { SMTP_CONNECTIONS_MAX } from './config.js';
import type { ReceiptClaim } from './receipt-claims.js';

const passing = { call: async <Result>(_: string, use: () => Promise<Result>) => await use() };

// If a lease runs while its mail waits for a connection of the pool, the mail is not sent.
it('claims at most as many receipts as there are SMTP connections', async () => {
  let claimed = 0;
  const claims = {
    claim: async () => {
      claimed += 1;
      return { kind: 'claimed', claim: {} as ReceiptClaim };
    },
    markDone: async () => undefined,
  };
  const parts = [claims, {}, { redis: passing, mailProvider: passing }];
  const idempotency = new EmailIdempotency(
    ...(parts as unknown as ConstructorParameters<typeof EmailIdempotency>),
  );
  const ends: (() => void)[] = [];
  const mails = Array.from({ length: 2 * SMTP_CONNECTIONS_MAX }, () =>
    idempotency.once(aPayment(), () => new Promise((resolve) => ends.push(resolve))),
  );
  await nextTurn();
  expect(claimed).toBe(SMTP_CONNECTIONS_MAX);
  while (ends.length > 0) {
    ends.shift()?.();
    await nextTurn();
  }
  await expect(Promise.all(mails)).resolves.toHaveLength(2 * SMTP_CONNECTIONS_MAX);
  expect(claimed).toBe(2 * SMTP_CONNECTIONS_MAX);
});

import { randomUUID } from 'node:crypto';
import { claim, settle } from '@effectively-once/payments/statements';
import pg from 'pg';

const POOL_MAX = 10;

/** The two statements of a checkout one after the other, as often as the database can: nothing asks a PSP. */
export async function bareStatements(options: {
  databaseUrl: string;
  seconds: number;
  atOnce: number;
}): Promise<{ perSecond: number }> {
  const pool = new pg.Pool({ connectionString: options.databaseUrl, max: POOL_MAX });
  const endsAtMs = performance.now() + options.seconds * 1_000;
  let done = 0;
  const worker = async () => {
    while (performance.now() < endsAtMs) {
      await claimAndFinalize(pool);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, worker));
  await pool.end();
  return { perSecond: done / options.seconds };
}

// DECLINED and not COMPLETED: no card was charged, and the audit of the run would say so. The one row less
// (of the outbox) makes it faster than the truth, so what is measured against it looks worse, not better.
async function claimAndFinalize(pool: pg.Pool): Promise<void> {
  const paymentId = randomUUID();
  await claim(pool, {
    paymentId,
    userId: 'bare',
    method: 'POST',
    route: '/v1/payments',
    idempotencyKey: paymentId,
    fingerprint: 'bare',
    orderId: paymentId,
    amountMinor: 1299,
    currency: 'EUR',
    paymentMethod: 'pm_card_visa',
    receiptEmail: 'bare@example.com',
    tokenEmail: undefined,
    createdAt: new Date(),
    traceparent: '00-bare',
    leaseToken: randomUUID(),
    leaseMs: 60_000,
  });
  await settle(pool, {
    paymentId,
    version: 1,
    status: 'DECLINED',
    pspReference: null,
    failureCode: 'bare',
    responseStatus: 402,
    responseBody: '{"type":"https://effectively-once.example/problems/payment_declined"}',
  });
}

import { randomUUID } from 'node:crypto';
import { claim } from '@effectively-once/payments/claim';
import { finalize } from '@effectively-once/payments/finalize';
import pg from 'pg';

const POOL_MAX = 10;

/** Runs the two statements of a checkout in a loop, without a PSP: the limit of the database. */
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

// DECLINED, not COMPLETED: no card was charged, so the audit would report a completed payment. A
// declined payment has no outbox row, which makes this baseline faster. The ratio of payments to it
// looks worse than it is, never better.
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
  await finalize(pool, {
    paymentId,
    version: 1,
    status: 'DECLINED',
    pspReference: null,
    failureCode: 'bare',
    responseStatus: 402,
    responseBody: '{"type":"https://effectively-once.example/problems/payment_declined"}',
  });
}

import { DataSource } from 'typeorm';
import { claim } from '../checkout/claim.sql.js';
import { systemClockAndIds } from './clock-and-ids.js';
import { pool } from './database.js';
import { fingerprint } from '../checkout/idempotency-key.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';

const OLDEST = 'payments_unsettled_oldest_seconds';

it('the oldest open payment has an age to alert on, and a final one has none', async () => {
  const payments = await PaymentsUnderTest.start();
  try {
    expect(await payments.metric(OLDEST)).toBe(0);
    await payments.pay({ key: 'paid', body: newOrder() });
    expect(await payments.metric(OLDEST)).toBe(0);

    // A request claimed it ten minutes ago and still holds its lease.
    const order = newOrder();
    const { newId } = systemClockAndIds;
    await claim(pool(payments.app.get(DataSource)), {
      ...order,
      paymentId: newId(),
      leaseToken: newId(),
      userId: 'alice',
      method: 'POST',
      route: '/v1/payments',
      idempotencyKey: 'open',
      fingerprint: fingerprint(order),
      receiptEmail: undefined,
      tokenEmail: 'alice@example.com',
      createdAt: new Date(Date.now() - 600_000),
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      leaseMs: 60_000,
    });
    expect(await payments.metric(OLDEST)).toBeGreaterThanOrEqual(600);
    expect(await payments.metric('payments_unsettled{status="PENDING"}')).toBe(1);
  } finally {
    await payments.stop();
  }
});

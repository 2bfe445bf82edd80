import { DataSource } from 'typeorm';
import { forgetExpiredKeys } from './expired-keys.js';
import { newOrder, PaymentsUnderTest } from './testing/payments-under-test.js';

describe('an idempotency key', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());

  async function keysAfterForgetting(ageH: number): Promise<string[]> {
    const { admin } = payments.database;
    await admin.query(
      `UPDATE payments.idempotency_keys SET created_at = now() - $1 * interval '1 hour'`,
      [ageH],
    );
    await forgetExpiredKeys(payments.app.get(DataSource));
    const { rows } = await admin.query<{ key: string }>(
      'SELECT idempotency_key AS key FROM payments.idempotency_keys ORDER BY 1',
    );
    return rows.map(({ key }) => key);
  }

  it('is kept for a day, then forgotten, but never while its payment is open', async () => {
    expect((await payments.pay({ key: 'served', body: newOrder() })).status).toBe(201);
    payments.psp.script.push(...Array<'hang'>(100).fill('hang'));
    expect((await payments.pay({ key: 'open', body: newOrder() })).status).toBe(202);

    expect(await keysAfterForgetting(24.5)).toEqual(['open', 'served']);
    expect(await keysAfterForgetting(25.5)).toEqual(['open']);
  });
});

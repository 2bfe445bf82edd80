import { DataSource } from 'typeorm';
import { forgetExpiredKeys } from './expired-keys.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';

describe('an idempotency key', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());

  const running = new AbortController().signal;

  async function keysAfterForgetting(ageH: number): Promise<string[]> {
    const { admin } = payments.database;
    await admin.query(
      `UPDATE payments.idempotency_keys SET created_at = now() - $1 * interval '1 hour'`,
      [ageH],
    );
    await forgetExpiredKeys(payments.app.get(DataSource), running);
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

  /** Inserts keys of final payments. */
  async function haveServed(keys: number): Promise<void> {
    await payments.database.admin.query(
      `WITH payment AS (
         INSERT INTO payments.payments (id, user_id, order_id, amount_minor, currency, payment_method,
           status, version, psp_reference, created_at, completed_at, traceparent, psp_attempts)
         SELECT uuidv7(), 'carol', gen_random_uuid()::text, 1, 'EUR', 'pm_card_visa',
           'COMPLETED', 2, 'pi', now(), now(), '00-x', 1
         FROM generate_series(1, $1::int)
         RETURNING id, user_id)
       INSERT INTO payments.idempotency_keys (user_id, method, route, idempotency_key, fingerprint,
         payment_id, response_status, response_body, created_at)
       SELECT user_id, 'POST', '/v1/payments', id::text, 'x', id, 201, '{}', now() FROM payment`,
      [keys],
    );
  }

  // Ten million keys a day are 7,000 a minute: one batch a run would fall behind for ever.
  it('is forgotten in the run in which it is due, with any number of others', async () => {
    await haveServed(2_500);
    const left = await keysAfterForgetting(25.5);
    expect(left.filter((key) => key !== 'open')).toEqual([]);
  });

  it('is forgotten by a later run when this one is told to stop', async () => {
    const before = await payments.count('idempotency_keys');
    await haveServed(1);
    await payments.database.admin.query(
      `UPDATE payments.idempotency_keys SET created_at = now() - interval '26 hours'`,
    );
    await forgetExpiredKeys(payments.app.get(DataSource), AbortSignal.abort());
    expect(await payments.count('idempotency_keys')).toBe(before + 1);
  });
});

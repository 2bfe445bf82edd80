import { waitUntil } from '@effectively-once/testing';
import { DataSource } from 'typeorm';
import { pool } from '../runtime/database.js';
import { Refunds } from './refunds.js';
import { Finalizer } from '../payment/finalizer.js';
import { paymentOf } from '../testing/answers.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';

describe('a capture without a COMPLETED payment', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());
  beforeEach(() => {
    payments.psp.refundAttempts.length = 0;
    payments.psp.refunding = 'works';
  });

  /** A payment that failed or was declined before its capture became known. */
  async function unpaid(key: string): Promise<string> {
    payments.psp.script.push('decline');
    const response = await payments.pay({ key, body: newOrder() });
    return (response.headers.get('location') ?? '').split('/').at(-1) ?? '';
  }
  const found = async (paymentId: string, pspReference: string) => {
    const finalizer = payments.app.get(Finalizer);
    const payment = await finalizer.payment(paymentId);
    return await finalizer.finalize(payment, { outcome: 'captured', pspReference });
  };
  const refund = async (pspReference: string) => {
    const { rows } = await payments.database.admin.query<{ refunded: boolean; attempts: number }>(
      `SELECT refunded_at IS NOT NULL AS refunded, attempts FROM payments.refunds
       WHERE psp_reference = $1`,
      [pspReference],
    );
    return rows[0];
  };
  const untilRefunded = async (pspReference: string) =>
    await waitUntil('the refund', async () =>
      (await refund(pspReference))?.refunded ? true : undefined,
    );

  it('is refunded once, on record, counted, and the payment stays what it is', async () => {
    const owedBefore = (await payments.metric('psp_refunds_total{result="owed"}')) ?? 0;
    const paymentId = await unpaid('late-capture-1');
    // Two find it: a late webhook and a request that was frozen.
    const answers = await Promise.all([found(paymentId, 'pi_late'), found(paymentId, 'pi_late')]);
    expect(answers.map(({ status }) => status)).toEqual([402, 402]);
    await untilRefunded('pi_late');
    expect(payments.psp.refundAttempts).toEqual([
      { key: `refund-${paymentId}`, capture: 'pi_late' },
    ]);
    expect(await payments.metric('psp_refunds_total{result="owed"}')).toBe(owedBefore + 1);
    const { status } = await paymentOf(await payments.get(`/v1/payments/${paymentId}`));
    expect(status).toBe('DECLINED');

    await payments.database.admin.query('UPDATE payments.refunds SET next_try_at = now()');
    await payments.app.get(Refunds).run();
    expect(payments.psp.refundAttempts).toHaveLength(1);
  });

  it('is requested until the PSP has refunded it, also when an earlier answer was lost', async () => {
    payments.psp.refunding = 'failed';
    const paymentId = await unpaid('late-capture-2');
    await found(paymentId, 'pi_slow');
    await waitUntil('a second attempt', () => payments.psp.refundAttempts[1]);
    expect(await refund('pi_slow')).toMatchObject({ refunded: false });
    expect(await payments.metric('refunds_open')).toBe(1);
    // The answer to an earlier attempt was lost.
    payments.psp.refunded.add('pi_slow');
    payments.psp.refunding = 'works';
    await untilRefunded('pi_slow');
    expect(await payments.metric('refunds_open')).toBe(0);
  });

  it('besides the one that paid is left to the operator; the one that paid is not refunded', async () => {
    const left = async () => await payments.metric('psp_refunds_total{result="left_to_a_person"}');
    const response = await payments.pay({ key: 'late-capture-3', body: newOrder() });
    const { id, pspReference } = (await response.json()) as { id: string; pspReference: string };
    const before = (await left()) ?? 0;
    await found(id, pspReference);
    expect(await left()).toBe(before);
    await found(id, 'pi_second');
    expect(await left()).toBe(before + 1);
    expect(await refund(pspReference)).toBeUndefined();
    expect(await refund('pi_second')).toBeUndefined();
  });

  it('cannot be deleted by the application', async () => {
    const database = pool(payments.app.get(DataSource));
    await expect(database.query('DELETE FROM payments.refunds')).rejects.toThrow(
      'permission denied',
    );
    await expect(
      database.query(`UPDATE payments.refunds SET payment_id = gen_random_uuid()`),
    ).rejects.toThrow('permission denied');
  });
});

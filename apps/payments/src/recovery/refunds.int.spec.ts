import { waitUntil } from '@effectively-once/testing';
import { DataSource } from 'typeorm';
import { pool } from '../runtime/database.js';
import { Refunds } from './refunds.js';
import { Finalizer } from '../payment/finalizer.js';
import { paymentOf } from '../testing/answers.js';
import { refundChanged, sendWebhook } from '../testing/webhooks.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';

describe('a capture without a COMPLETED payment', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());
  beforeEach(() => {
    const { reversals } = payments.psp;
    reversals.attempts.length = 0;
    reversals.refunds.length = 0;
    Object.assign(reversals, { refunding: 'works', firstStatus: 'succeeded' });
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
  const statusOf = async (pspReference: string) => {
    const { rows } = await payments.database.admin.query<{ status: string }>(
      `SELECT status FROM payments.refunds WHERE psp_reference = $1`,
      [pspReference],
    );
    return rows[0]?.status;
  };
  const until = async (pspReference: string, status: string) =>
    await waitUntil(`a refund that is ${status}`, async () =>
      (await statusOf(pspReference)) === status ? true : undefined,
    );
  const untilRefunded = async (pspReference: string) => await until(pspReference, 'succeeded');
  const open = async (status: string) => await payments.metric(`refunds_open{status="${status}"}`);
  /** A capture whose refund the PSP has accepted. */
  const refunded = async (pspReference: string, firstStatus = 'succeeded') => {
    payments.psp.reversals.firstStatus = firstStatus;
    const paymentId = await unpaid(`late-capture-${pspReference}`);
    await found(paymentId, pspReference);
    await until(pspReference, firstStatus);
    return { paymentId, refund: payments.psp.reversals.refunds.at(-1)! };
  };
  const tell = async (type: string, pspReference: string) =>
    await sendWebhook(payments, refundChanged(type, pspReference));

  it('is refunded once, on record, counted, and the payment stays what it is', async () => {
    const owedBefore = (await payments.metric('psp_refunds_total{result="owed"}')) ?? 0;
    const paymentId = await unpaid('late-capture-1');
    // Two find it: a late webhook and a request that was frozen.
    const answers = await Promise.all([found(paymentId, 'pi_late'), found(paymentId, 'pi_late')]);
    expect(answers.map(({ status }) => status)).toEqual([402, 402]);
    await untilRefunded('pi_late');
    expect(payments.psp.reversals.attempts).toEqual([
      { key: `refund-${paymentId}`, capture: 'pi_late' },
    ]);
    expect(await payments.metric('psp_refunds_total{result="owed"}')).toBe(owedBefore + 1);
    const { status } = await paymentOf(await payments.get(`/v1/payments/${paymentId}`));
    expect(status).toBe('DECLINED');

    await payments.database.admin.query('UPDATE payments.refunds SET next_try_at = now()');
    await payments.app.get(Refunds).run();
    expect(payments.psp.reversals.attempts).toHaveLength(1);
  });

  it('is requested until the PSP has refunded it, also when an earlier answer was lost', async () => {
    payments.psp.reversals.refunding = 'failed';
    const paymentId = await unpaid('late-capture-2');
    await found(paymentId, 'pi_slow');
    await waitUntil('a second attempt', () => payments.psp.reversals.attempts[1]);
    expect(await statusOf('pi_slow')).toBe('owed');
    expect(await open('owed')).toBe(1);
    // This request refunds, and only its answer is lost. The next one gets the stored answer.
    payments.psp.reversals.refunding = 'lost';
    await untilRefunded('pi_slow');
    expect(await open('owed')).toBe(0);
    expect(payments.psp.reversals.refunds).toHaveLength(1);
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
    expect(await statusOf(pspReference)).toBeUndefined();
    expect(await statusOf('pi_second')).toBeUndefined();
  });

  it.each(['pending', 'requires_action'])(
    'whose refund is %s is not refunded until the PSP says so',
    async (first) => {
      const capture = `pi_${first}`;
      const { refund } = await refunded(capture, first);
      expect(await open(first)).toBe(1);
      expect(await payments.metric(`refunds_open_oldest_seconds{status="${first}"}`)).toBeLessThan(
        60,
      );
      refund.status = 'succeeded';
      expect((await tell('refund.updated', capture)).status).toBe(200);
      await untilRefunded(capture);
      expect(await open(first)).toBe(0);
      expect(payments.psp.reversals.refunds).toHaveLength(1);
    },
  );

  it.each([
    ['refund.failed', 'failed', 'succeeded'],
    ['refund.updated', 'canceled', 'pending'],
    ['charge.refund.updated', 'failed', 'requires_action'],
  ])(
    'whose refund came back (%s, %s after %s) is owed again, and refunded with another key',
    async (type, status, first) => {
      const cameBack = 'psp_refunds_total{result="came_back"}';
      const before = (await payments.metric(cameBack)) ?? 0;
      const capture = `pi_${first}_${status}`;
      const { paymentId, refund } = await refunded(capture, first);
      Object.assign(refund, { status });
      payments.psp.reversals.firstStatus = 'succeeded';
      await tell(type, capture);
      await until(capture, 'owed');
      await untilRefunded(capture);
      const keys = payments.psp.reversals.attempts.map(({ key }) => key);
      expect(keys).toEqual([`refund-${paymentId}`, `refund-${paymentId}-after-${refund.id}`]);
      expect(await payments.metric(cameBack)).toBe(before + 1);
    },
    20_000,
  );

  it('whose refund came back without a webhook is found by the daily look, for 30 days', async () => {
    const looked = async () => {
      const { rows } = await admin.query<{ looked: boolean }>(
        // Not the start of a look: that sets the next one to an hour ahead at most.
        `SELECT next_try_at > now() + interval '20 hours' AS looked
         FROM payments.refunds WHERE psp_reference = 'pi_silent'`,
      );
      return rows[0]?.looked;
    };
    const { admin } = payments.database;
    const { refund } = await refunded('pi_silent');
    const passed = async (days: number) => {
      await admin.query(
        `UPDATE payments.refunds SET next_try_at = now(),
           refunded_at = refunded_at - $1 * interval '1 day' WHERE psp_reference = 'pi_silent'`,
        [days],
      );
      await waitUntil('the end of a look', looked);
    };
    await passed(1);
    expect(await statusOf('pi_silent')).toBe('succeeded');
    refund.status = 'failed';
    await passed(1);
    expect(await statusOf('pi_silent')).toBe('succeeded');
    expect(payments.psp.reversals.refunds.map(({ status }) => status)).toEqual([
      'failed',
      'succeeded',
    ]);
    await admin.query(
      `UPDATE payments.refunds SET next_try_at = now(), refunded_at = now() - interval '31 days'
       WHERE psp_reference = 'pi_silent'`,
    );
    await waitUntil('the last look', async () => {
      const { rows } = await admin.query<{ due: string }>(
        `SELECT next_try_at::text AS due FROM payments.refunds WHERE psp_reference = 'pi_silent'`,
      );
      return rows[0]?.due === 'infinity' ? true : undefined;
    });
  }, 30_000);

  it('is never refunded by two keys at once: a failure of long ago is announced again', async () => {
    const { refund } = await refunded('pi_twice');
    refund.status = 'failed';
    await Promise.all([tell('refund.failed', 'pi_twice'), tell('refund.updated', 'pi_twice')]);
    await until('pi_twice', 'owed');
    await Promise.all([
      tell('charge.refund.updated', 'pi_twice'),
      tell('refund.failed', 'pi_twice'),
    ]);
    await untilRefunded('pi_twice');
    await tell('refund.failed', 'pi_twice');
    await untilRefunded('pi_twice');
    const live = payments.psp.reversals.refunds.filter(({ status }) => status === 'succeeded');
    expect(live).toHaveLength(1);
    expect(payments.psp.reversals.attempts).toHaveLength(2);
  }, 20_000);

  it('of one payment with another such capture is refunded too', async () => {
    const paymentId = await unpaid('late-capture-both');
    await found(paymentId, 'pi_one');
    await untilRefunded('pi_one');
    await found(paymentId, 'pi_other');
    await untilRefunded('pi_other');
    const keys = payments.psp.reversals.attempts.map(({ key }) => key);
    expect(keys).toEqual([`refund-${paymentId}`, `refund-${paymentId}-pi_other`]);
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

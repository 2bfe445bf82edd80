import { waitUntil } from '@effectively-once/testing';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';
import { disputed, refundChanged, sendWebhook, succeeded } from '../testing/webhooks.js';

describe('an event of the PSP', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());

  const kept = async (id: string) => {
    const { rows } = await payments.database.admin.query<{ type: string; object_id: string }>(
      'SELECT type, object_id FROM payments.psp_events WHERE id = $1',
      [id],
    );
    return rows[0];
  };
  const unknown = async () => (await payments.metric('psp_webhooks_total{outcome="unknown"}')) ?? 0;
  const unpaidId = '01a1fe0c-ccfb-7508-8518-991ac68a6e2b';

  it.each([
    [
      'of a type that payments does not know',
      {
        id: 'evt_payout',
        type: 'payout.failed',
        data: { object: { id: 'po_1', email: 'a@b.example' } },
      },
    ],
    ['of a refund that payments did not make', refundChanged('refund.failed', 'pi_by_hand')],
    ['of a capture without a payment', succeeded({ id: 'pi_1', paymentId: unpaidId })],
    ['of a capture that names no payment', succeeded({ id: 'pi_2', paymentId: 'none' })],
  ])('%s is counted and kept once, without its content', async (_, event) => {
    const before = await unknown();
    const answers = [await sendWebhook(payments, event), await sendWebhook(payments, event)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await unknown()).toBe(before + 1);
    expect(await kept(event.id)).toMatchObject({ type: event.type });
    expect(JSON.stringify(await kept(event.id))).not.toContain('@');
  });

  it.each([
    ['no id', { type: 'refund.failed', data: { object: {} } }],
    ['an id with an address', { id: 'a@b.example', type: 'x', data: { object: {} } }],
    ['no object', { id: 'evt_1', type: 'refund.failed' }],
    ['a list instead of an id', { id: ['evt_1'], type: 'x', data: { object: {} } }],
  ])('with %s is refused', async (_, event) => {
    expect((await sendWebhook(payments, event)).status).toBe(400);
  });

  describe('about a dispute', () => {
    const open = async (state: string) => await payments.metric(`disputes_open{state="${state}"}`);
    const until = async (state: string, count: number) =>
      await waitUntil(`${count} ${state}`, async () =>
        (await open(state)) === count ? true : undefined,
      );

    it('opens it for a person until the PSP has closed it, whatever the order of events', async () => {
      const response = await payments.pay({ key: 'disputed', body: newOrder() });
      const { id: paymentId } = (await response.json()) as { id: string };
      const { reversals } = payments.psp;
      reversals.payments.set('pi_disputed', paymentId);
      reversals.disputes.set('du_1', { status: 'needs_response', payment_intent: 'pi_disputed' });
      const say = async (type: string, status: string) =>
        await sendWebhook(payments, disputed(type, { id: 'du_1', status }));
      // The one that closes it overtakes the one that opens it: only the PSP's state counts.
      await say('charge.dispute.closed', 'lost');
      await say('charge.dispute.created', 'needs_response');
      await until('needs_response', 1);
      const named = async () =>
        await payments.database.admin.query(
          `SELECT FROM payments.disputes WHERE id = 'du_1' AND payment_id = $1`,
          [paymentId],
        );
      await waitUntil('its payment', async () =>
        (await named()).rowCount === 1 ? true : undefined,
      );

      reversals.disputes.set('du_1', { status: 'under_review', payment_intent: 'pi_disputed' });
      await say('charge.dispute.updated', 'under_review');
      await until('under_review', 1);
      expect(await open('needs_response')).toBe(0);

      reversals.disputes.set('du_1', { status: 'won', payment_intent: 'pi_disputed' });
      await say('charge.dispute.closed', 'won');
      await until('under_review', 0);
      expect(await payments.metric('psp_disputes_total{result="won"}')).toBe(1);
    }, 20_000);

    it('without a later event is asked for hourly', async () => {
      const { reversals } = payments.psp;
      reversals.disputes.set('du_2', { status: 'needs_response', payment_intent: 'pi_disputed' });
      const created = { id: 'du_2', status: 'needs_response' };
      await sendWebhook(payments, disputed('charge.dispute.created', created));
      await until('needs_response', 1);
      reversals.disputes.set('du_2', { status: 'lost', payment_intent: 'pi_disputed' });
      await payments.database.admin.query('UPDATE payments.disputes SET next_look_at = now()');
      await until('needs_response', 0);
      expect(await payments.metric('psp_disputes_total{result="lost"}')).toBeGreaterThan(0);
    });
  });
});

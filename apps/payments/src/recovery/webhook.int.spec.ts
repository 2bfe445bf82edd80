import { waitUntil } from '@effectively-once/testing';
import { jest } from '@jest/globals';
import pg from 'pg';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';
import { paymentOf, problemOf } from '../testing/answers.js';
import { sendWebhook, succeeded } from '../testing/webhooks.js';

describe('a webhook of the PSP', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start({ PSP_TIMEOUT_MS: '5000' });
  }, 30_000);
  afterAll(async () => await payments.stop());

  const send = async (event: object, changes?: { secret?: string; timestamp?: number }) =>
    await sendWebhook(payments, event, changes);

  it('that comes before the answer, and twice, finalizes once; the request answers its bytes', async () => {
    payments.psp.script.push('charge_then_hang');
    const body = newOrder();
    const waiting = payments.pay({ key: 'early-1', body });
    const capture = await waitUntil('the capture', () => payments.psp.captures[0]);
    const answers = await Promise.all([send(succeeded(capture)), send(succeeded(capture))]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);

    const replay = await payments.pay({ key: 'early-1', body });
    expect(replay.status).toBe(201);
    const replayBody = await replay.text();
    const first = await waiting;
    expect(first.status).toBe(201);
    expect(await first.text()).toBe(replayBody);
    const { rowCount } = await payments.database.admin.query(
      'SELECT FROM payments.outbox WHERE subject = $1',
      [capture.paymentId],
    );
    expect(rowCount).toBe(1);
  }, 30_000);

  it('that comes before the answer decides: the request loses, and answers the stored bytes', async () => {
    let tell = () => {};
    payments.psp.told = new Promise((resolve) => (tell = resolve));
    payments.psp.script.push('charge_then_answer_when_told');
    const body = newOrder();
    const before = payments.psp.captures.length;
    const waiting = payments.pay({ key: 'overtaken-1', body });
    const capture = await waitUntil('the capture', () => payments.psp.captures[before]);
    await send(succeeded(capture));
    const stored = await (await payments.pay({ key: 'overtaken-1', body })).text();
    tell();
    const late = await waiting;
    expect(late.status).toBe(201);
    expect(await late.text()).toBe(stored);
  });

  it('cannot change a final payment', async () => {
    payments.psp.script.push('decline');
    const body = newOrder();
    const declined = await payments.pay({ key: 'final-1', body });
    expect(declined.status).toBe(402);
    const paymentId = (declined.headers.get('location') ?? '').split('/').at(-1) ?? '';
    expect((await send(succeeded({ id: 'pi_1', paymentId }))).status).toBe(200);
    const { status } = await paymentOf(await payments.get(`/v1/payments/${paymentId}`));
    expect(status).toBe('DECLINED');
  });

  describe('about a payment that this process completed', () => {
    async function paid(key: string) {
      const { id } = await paymentOf(await payments.pay({ key, body: newOrder() }));
      const capture = payments.psp.captures.find(({ paymentId }) => paymentId === id);
      if (!capture) throw new Error(`no capture of ${id}`);
      return capture;
    }

    /** How many statements with this payment's id the database got meanwhile. */
    async function statementsAbout(paymentId: string, work: () => Promise<unknown>) {
      const query = jest.spyOn(pg.Client.prototype, 'query');
      try {
        await work();
        const calls = query.mock.calls as unknown[];
        return calls.filter((call) => JSON.stringify(call).includes(paymentId)).length;
      } finally {
        query.mockRestore();
      }
    }

    it('asks no database', async () => {
      const capture = await paid('known-1');
      const webhook = async () => expect((await send(succeeded(capture))).status).toBe(200);
      expect(await statementsAbout(capture.paymentId, webhook)).toBe(0);
    });

    it('asks the database about another PSP reference, and leaves it to the operator', async () => {
      const capture = { ...(await paid('known-2')), id: 'pi_another' };
      const webhook = async () => await send(succeeded(capture));
      expect(await statementsAbout(capture.paymentId, webhook)).toBeGreaterThan(0);
      expect(payments.logLines.join('')).toContain('pi_another');
    });

    it('asks the database after a restart: only it knows then', async () => {
      const capture = await paid('known-3');
      const { database } = payments;
      const restarted = await PaymentsUnderTest.start({
        PAYMENTS_DATABASE_URL: database.as('payments_app'),
      });
      const webhook = async () =>
        expect((await sendWebhook(restarted, succeeded(capture))).status).toBe(200);
      expect(await statementsAbout(capture.paymentId, webhook)).toBe(1);
      await restarted.stop();
    });
  });

  it.each([
    ['another secret', { secret: 'whsec_other' }],
    ['a signature older than five minutes', { timestamp: Math.floor(Date.now() / 1000) - 301 }],
  ])('with %s is refused', async (_, changes) => {
    const event = succeeded({ id: 'pi_1', paymentId: '01a1fe0c-ccfb-7508-8518-991ac68a6e2b' });
    const response = await send(event, changes);
    expect(response.status).toBe(400);
    expect((await problemOf(response)).code).toBe('webhook_signature_invalid');
  });
});

import { waitUntil } from '@effectively-once/testing';
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

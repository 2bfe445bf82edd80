import { waitUntil } from '@effectively-once/testing';
import { Completer } from './completer.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';
import { sendWebhook, succeeded } from '../testing/webhooks.js';

describe('at the same moment', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start({ RATE_LIMIT_BURST: '5000', PSP_TIMEOUT_MS: '5000' });
  }, 30_000);
  afterAll(async () => await payments.stop());
  beforeEach(() => {
    payments.psp.captures.length = 0;
  });

  const rowsOf = async (paymentId: string) => {
    const { rows } = await payments.database.admin.query<Record<string, unknown>>(
      `SELECT status, response_status, response_body,
         (SELECT count(*)::int FROM payments.outbox WHERE subject = id::text) AS events
       FROM payments.payments JOIN payments.idempotency_keys ON payment_id = id WHERE id = $1`,
      [paymentId],
    );
    return rows;
  };

  it('fifty requests with one key, twenty times: one charge, one payment, one event, the same answer for all', async () => {
    for (let round = 0; round < 20; round += 1) {
      const request = { key: `fifty-${round}`, body: newOrder() };
      payments.psp.captures.length = 0;
      const responses = await Promise.all(Array.from({ length: 50 }, () => payments.pay(request)));
      const first = responses.filter((response) => {
        return response.status === 201 && !response.headers.has('idempotent-replayed');
      });
      expect(first).toHaveLength(1);
      const bytes = await first[0]!.text();
      for (const response of responses.filter((other) => other !== first[0])) {
        const text = await response.text();
        if (response.status === 201) expect(text).toBe(bytes);
        else expect([response.status, text]).toEqual([409, expect.stringContaining('in_flight')]);
      }
      expect(payments.psp.captures).toHaveLength(1);
      const { id } = JSON.parse(bytes) as { id: string };
      expect(await rowsOf(id)).toEqual([
        { status: 'COMPLETED', response_status: 201, response_body: bytes, events: 1 },
      ]);
    }
    expect(await payments.count('payments')).toBe(20);
  });

  it('the answer, the completer and the webhook bring the same capture, 200 times: one transition, one event', async () => {
    const completer = payments.app.get(Completer);
    for (let round = 0; round < 200; round += 1) {
      let tell = () => {};
      payments.psp.told = new Promise((resolve) => (tell = resolve));
      payments.psp.script.push('charge_then_answer_when_told');
      payments.psp.captures.length = 0;
      const answer = payments.pay({ key: `race-${round}`, body: newOrder() });
      const capture = await waitUntil('the capture', () => payments.psp.captures[0]);
      // The lease is over, so the completer may call the PSP too.
      await payments.database.admin.query(
        `UPDATE payments.payments SET lease_until = now() - interval '1 second' WHERE id = $1`,
        [capture.paymentId],
      );
      const racers = [
        async () => tell(),
        () => completer.run(),
        () => sendWebhook(payments, succeeded(capture)),
      ];
      // The racer that starts first usually wins, so each round lets another one start first.
      const started = [0, 1, 2].map((turn) => racers[(round + turn) % 3]!());
      const response = await answer;
      await Promise.all(started);

      expect(response.status).toBe(201);
      expect(payments.psp.captures).toHaveLength(1);
      expect(await rowsOf(capture.paymentId)).toEqual([
        {
          status: 'COMPLETED',
          response_status: 201,
          response_body: await response.text(),
          events: 1,
        },
      ]);
    }
  });
});

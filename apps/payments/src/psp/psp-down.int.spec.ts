import { waitUntil } from '@effectively-once/testing';
import { CHECKOUTS_MAX, FAILURES_TO_OPEN } from './circuit-breaker.js';
import { PspOutages } from './outages.js';
import { paymentOf, problemOf } from '../testing/answers.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';

const STATE = 'circuit_state{dependency="psp"}';

describe('while the PSP is down', () => {
  let payments: PaymentsUnderTest;
  beforeEach(async () => {
    payments = await PaymentsUnderTest.start({ RATE_LIMIT_BURST: '1000' });
  }, 30_000);
  afterEach(async () => await payments.stop());

  const pay = async (key: string, body = newOrder()) => await payments.pay({ key, body });
  const stored = async () => [
    await payments.count('payments'),
    await payments.count('idempotency_keys'),
  ];
  const untilState = async (state: number) =>
    await waitUntil(`the circuit to be ${state}`, async () => {
      return (await payments.metric(STATE)) === state || undefined;
    });
  async function openTheCircuit() {
    await payments.psp.close();
    for (let n = 0; n < FAILURES_TO_OPEN; n += 1) {
      expect((await pay(`refused-${n}`)).status).toBe(503);
    }
    await untilState(2);
  }

  it('a checkout is 503 without a request to it, and stores nothing; then the same key pays', async () => {
    await openTheCircuit();
    // The PSP works again, but there was no trial yet.
    await payments.psp.open();
    const before = await stored();
    const body = newOrder();
    const refused = await payments.pay({ key: 'open-1', body });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect((await problemOf(refused)).code).toBe('psp_unavailable');
    expect(await stored()).toEqual(before);
    expect(payments.psp.attempts).toEqual([]);

    const paid = await waitUntil('the key to pay', async () => {
      const response = await payments.pay({ key: 'open-1', body });
      return response.status === 201 ? response : undefined;
    });
    expect(paid.headers.get('idempotent-replayed')).toBeNull();
    await untilState(0);
    expect(payments.psp.attempts).toHaveLength(1);
  });

  it('a replay gets its stored response, and a paid order is still a 409', async () => {
    const body = newOrder();
    const paid = await pay('paid-1', body);
    const bytes = await paid.text();
    await openTheCircuit();
    const replay = await pay('paid-1', body);
    expect(replay.status).toBe(201);
    expect(await replay.text()).toBe(bytes);
    expect((await problemOf(await pay('paid-2', body))).code).toBe('order_already_paid');
    const other = await pay('paid-1', { ...body, amountMinor: 1 });
    expect((await problemOf(other)).code).toBe('idempotency_key_reused');
  });

  it('an open payment waits without a request, and is finalized when the PSP is back', async () => {
    payments.psp.script.push('charge_then_reset');
    const { id } = await paymentOf(await pay('waiting-1'));
    await openTheCircuit();
    await payments.psp.open();
    const completed = await waitUntil('the payment to be COMPLETED', async () => {
      const payment = await paymentOf(await payments.get(`/v1/payments/${id}`));
      return payment.status === 'COMPLETED' || undefined;
    });
    expect(completed).toBe(true);
    expect(payments.psp.captures).toHaveLength(1);
    await untilState(0);
  });

  it('the outage is recorded, and ends', async () => {
    const outages = async () => {
      const { rows } = await payments.database.admin.query<{ from: Date; until: Date }>(
        'SELECT open_from AS from, open_until AS until FROM payments.psp_outages',
      );
      return rows;
    };
    await openTheCircuit();
    const [first] = await waitUntil('the outage to be recorded', async () => {
      const rows = await outages();
      return rows.length > 0 ? rows : undefined;
    });
    await waitUntil('its end to move on', async () => {
      const [now] = await outages();
      return (now && first && now.until > first.until) || undefined;
    });
    await payments.psp.open();
    await waitUntil(
      'it to be over',
      async () => (await pay('again-1')).status === 201 || undefined,
    );
    await untilState(0);
    expect(await outages()).toEqual([{ from: first?.from, until: expect.any(Date) }]);

    // An outage that is over is written once more, and then no more.
    const recorder = payments.app.get(PspOutages);
    const written = async () => {
      await recorder.record();
      const { rows } = await payments.database.admin.query('SELECT xmin FROM payments.psp_outages');
      return rows as unknown;
    };
    expect(await written()).toEqual(await written());
  });

  it('hanging, it holds at most 250 checkouts; the others are 503, and reads still work', async () => {
    await payments.stop();
    // No request times out before the last one has started, however slow this machine is.
    payments = await PaymentsUnderTest.start({ RATE_LIMIT_BURST: '1000', PSP_TIMEOUT_MS: '60000' });
    payments.psp.script.push(...Array<'hang'>(CHECKOUTS_MAX).fill('hang'));
    const hanging = Array.from({ length: CHECKOUTS_MAX }, (_, n) =>
      payments.payWhenAdmitted({ key: `hanging-${n}`, body: newOrder() }),
    );
    await waitUntil('the bulkhead to be full', () => payments.psp.attempts[CHECKOUTS_MAX - 1]);
    const before = await stored();
    const refused = await pay('one-too-many');
    expect((await problemOf(refused)).code).toBe('psp_unavailable');
    expect(await stored()).toEqual(before);
    expect((await payments.get('/v1/payments?orderId=any')).status).toBe(200);
    await payments.psp.close();
    await payments.psp.open();
    const statuses = (await Promise.all(hanging)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([202]));
    await waitUntil('the bulkhead to be free again', async () => {
      return (await pay('afterwards')).status === 201 || undefined;
    });
  });
});

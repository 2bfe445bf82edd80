import { waitUntil } from '@effectively-once/testing';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';

const STATE = 'circuit_state{dependency="psp"}';
const CUSTOMERS = 10;

/** The PSP answers a few payments with a 500 for ever, and works for every other one. */
describe('payments that the PSP fails for ever', () => {
  let payments: PaymentsUnderTest;
  beforeEach(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterEach(async () => await payments.stop());

  const stick = async (count: number) => {
    for (let n = 0; n < count; n += 1) {
      const body = newOrder({ paymentMethod: payments.psp.stuckMethod });
      expect((await payments.pay({ key: `stuck-${n}`, body })).status).toBe(202);
    }
  };
  /** The completer repeats the charges. It does not have to wait for their backoff. */
  const untilRepeated = async (times: number) => {
    const until = payments.psp.attempts.length + times;
    await waitUntil('the stuck payments to be repeated', async () => {
      await payments.database.admin.query(
        `UPDATE payments.payments SET lease_until = now()
          WHERE status = 'UNKNOWN' AND lease_token IS NULL`,
      );
      return payments.psp.attempts.length >= until || undefined;
    });
  };
  const payAll = async () => {
    for (let n = 0; n < CUSTOMERS; n += 1) {
      const paid = await payments.pay({
        key: crypto.randomUUID(),
        user: `u${n}`,
        body: newOrder(),
      });
      expect(paid.status).toBe(201);
    }
  };

  it('two of them do not open the circuit', async () => {
    await stick(2);
    await untilRepeated(10);
    expect(await payments.metric(STATE)).toBe(0);
    await payAll();
  });

  it('three of them open it once; a checkout closes it, and it stays closed', async () => {
    await stick(3);
    await untilRepeated(4);
    expect(await payments.metric(STATE)).toBeGreaterThan(0);
    const body = newOrder();
    await waitUntil('a checkout to pay', async () => {
      return (await payments.pay({ key: 'healthy', body })).status === 201 || undefined;
    });
    await untilRepeated(12);
    expect(await payments.metric(STATE)).toBe(0);
    await payAll();
  });
});

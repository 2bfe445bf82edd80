import { newOrder, PaymentsUnderTest } from './testing/payments-under-test.js';
import { paymentOf, problemOf } from './testing/answers.js';

describe('a customer', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());

  it('reads their own payments only', async () => {
    const body = newOrder();
    const { id } = await paymentOf(await payments.pay({ key: 'mine-1', body }));
    expect(await (await payments.get(`/v1/payments/${id}`)).json()).toMatchObject({ id });
    const list = await (await payments.get(`/v1/payments?orderId=${body.orderId}`)).json();
    expect(list).toMatchObject({ items: [{ id }] });

    const mallory = await payments.token('mallory');
    const foreign = await payments.get(`/v1/payments/${id}`, mallory);
    expect(foreign.status).toBe(404);
    expect((await problemOf(foreign)).code).toBe('payment_not_found');
    expect(
      await (await payments.get(`/v1/payments?orderId=${body.orderId}`, mallory)).json(),
    ).toEqual({ items: [] });
    expect((await payments.get('/v1/payments/not-an-id')).status).toBe(404);
  });
});

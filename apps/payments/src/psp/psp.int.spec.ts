import { waitUntil } from '@effectively-once/testing';
import { Payment } from '../payment/payment.entity.js';
import { Psp } from './psp.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';
import { paymentOf, problemOf } from '../testing/answers.js';

describe('a PSP that misbehaves', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());
  beforeEach(() => {
    payments.aheadMs = 0;
    payments.psp.script.length = 0;
    payments.psp.attempts.length = 0;
    payments.psp.captures.length = 0;
    payments.psp.searchSees = true;
  });

  const untilFinal = async (id: string) =>
    await waitUntil('the payment to be final', async () => {
      const payment = await paymentOf(await payments.get(`/v1/payments/${id}`));
      return ['PENDING', 'UNKNOWN'].includes(payment.status) ? undefined : payment;
    });
  const eventsOf = async (id: string) => {
    const sql = 'SELECT FROM payments.outbox WHERE subject = $1';
    return (await payments.database.admin.query(sql, [id])).rowCount;
  };

  it('refusing connections: 503, nothing is stored, and the same key pays later', async () => {
    await payments.psp.close();
    const body = newOrder();
    const keys = await payments.count('idempotency_keys');
    const refused = await payments.pay({ key: 'refused-1', body });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect((await problemOf(refused)).code).toBe('psp_unavailable');
    expect(await payments.count('idempotency_keys')).toBe(keys);

    await payments.psp.open();
    expect((await payments.pay({ key: 'refused-1', body })).status).toBe(201);
    expect(payments.psp.captures).toHaveLength(1);
  });

  it.each([
    [429, 'rate_limit_error'],
    [401, 'authentication_error'],
    [403, 'invalid_request_error'],
  ])('turning us away with %s: 503, and the key is free', async (status, type) => {
    payments.psp.script.push({ status, type });
    const body = newOrder();
    const key = `turned-away-${status}`;
    const response = await payments.pay({ key, body });
    expect(response.status).toBe(503);
    expect((await problemOf(response)).code).toBe('psp_unavailable');
    expect((await payments.pay({ key, body })).status).toBe(201);
  });

  it.each([
    'hang',
    'reset',
    'charge_then_hang',
    'charge_then_reset',
    { status: 500, type: 'api_error' },
    { status: 409, type: 'invalid_request_error', code: 'idempotency_key_in_use' },
  ] as const)('%j: 202, then one charge, one event, and the key replays 201', async (behaviour) => {
    payments.psp.script.push(behaviour);
    const body = newOrder();
    const key = `unknown-${body.orderId}`;
    const response = await payments.pay({ key, body });
    expect(response.status).toBe(202);
    expect(response.headers.get('retry-after')).toBe('1');
    const unknown = await paymentOf(response);
    expect(unknown.status).toBe('UNKNOWN');
    expect(response.headers.get('location')).toBe(`/v1/payments/${unknown.id}`);

    expect((await untilFinal(unknown.id)).status).toBe('COMPLETED');
    expect(payments.psp.captures).toHaveLength(1);
    expect(new Set(payments.psp.attempts)).toEqual(new Set([unknown.id]));
    expect(await eventsOf(unknown.id)).toBe(1);
    const replay = await payments.pay({ key, body });
    expect(replay.status).toBe(201);
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
  });

  // After a reset the SDK repeats a request, even with its retries off. If we believed the second
  // attempt's ECONNREFUSED, we would release the key after a charge.
  it('charging, cutting the connection and going down is unknown, never "not reached"', async () => {
    payments.psp.script.push('charge_then_reset_and_close');
    const { url } = payments.psp;
    // Enough time for a second attempt.
    const psp = new Psp({ url, secretKey: 'sk_test', timeoutMs: 10_000 });
    const payment = Object.assign(new Payment(), newOrder(), { id: crypto.randomUUID() });
    expect(await psp.charge(payment)).toMatchObject({ outcome: 'unknown', next: 'repeat' });
    expect(payments.psp.attempts).toHaveLength(1);
    await payments.psp.open();
  });

  it('repeating a stored 500: FAILED once the search can be believed, and the key replays 402', async () => {
    payments.psp.script.push('error_500_stored');
    const body = newOrder();
    const { id } = await paymentOf(await payments.pay({ key: 'stored-1', body }));
    await waitUntil('the stored error to be repeated', () => payments.psp.attempts[1]);
    expect((await paymentOf(await payments.get(`/v1/payments/${id}`))).status).toBe('UNKNOWN');

    payments.aheadMs = 61_000;
    expect((await untilFinal(id)).status).toBe('FAILED');
    const replay = await payments.pay({ key: 'stored-1', body });
    expect(replay.status).toBe(402);
    expect((await problemOf(replay)).code).toBe('payment_failed');
    expect(await eventsOf(id)).toBe(0);
    expect((await payments.pay({ key: 'stored-2', body })).status).toBe(201);
  }, 60_000);

  // The other request may charge at this moment, so that an empty search proves nothing.
  it('saying that another request has the key is unknown, however old the payment is', async () => {
    payments.psp.script.push('hang', {
      status: 409,
      type: 'idempotency_error',
      code: 'idempotency_key_in_use',
    });
    const { id } = await paymentOf(await payments.pay({ key: 'in-use-1', body: newOrder() }));
    payments.aheadMs = 61_000;
    expect((await untilFinal(id)).status).toBe('COMPLETED');
    expect(payments.psp.captures).toHaveLength(1);
  });

  it('charging late behind a stored 500 is COMPLETED, when its search is a minute behind', async () => {
    payments.psp.script.push('hang', 'charge_then_error_500_stored');
    payments.psp.searchSees = false;
    const { id } = await paymentOf(await payments.pay({ key: 'late-1', body: newOrder() }));
    // The PSP was down for two minutes: its charge is younger than the payment.
    payments.aheadMs = 120_000;
    await waitUntil('the stored error to be repeated', () => payments.psp.attempts[2]);
    await waitUntil('it to be repeated again', () => payments.psp.attempts[3]);
    payments.psp.searchSees = true;
    expect((await untilFinal(id)).status).toBe('COMPLETED');
    expect(await eventsOf(id)).toBe(1);
  }, 60_000);

  it('is not asked to charge again when it has forgotten the key; it is looked up', async () => {
    payments.psp.script.push('charge_then_hang');
    const response = await payments.pay({ key: 'old-1', body: newOrder() });
    const { id } = await paymentOf(response);
    payments.aheadMs = 23.5 * 3_600_000;
    expect((await untilFinal(id)).status).toBe('COMPLETED');
    expect(payments.psp.attempts).toHaveLength(1);
  });

  it('hanging leaves the rest of the service alone', async () => {
    payments.psp.script.push(...Array<'hang'>(30).fill('hang'));
    const hanging = Array.from({ length: 30 }, (_, n) =>
      payments.payWhenAdmitted({ key: `hanging-${n}`, body: newOrder() }),
    );
    await waitUntil('all of them to be at the PSP', () => payments.psp.attempts[29]);
    expect((await payments.get('/v1/payments?orderId=any')).status).toBe(200);
    const statuses = (await Promise.all(hanging)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([202]));
  });
});

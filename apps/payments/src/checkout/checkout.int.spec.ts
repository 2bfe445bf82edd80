import { waitUntil } from '@effectively-once/testing';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';
import { paymentOf, problemOf } from '../testing/answers.js';

describe('checkout', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());
  beforeEach(() => {
    payments.psp.script.length = 0;
    payments.psp.attempts.length = 0;
    payments.psp.captures.length = 0;
  });

  describe('a first request', () => {
    it('charges, answers 201 with the payment, and writes one event with exactly its content', async () => {
      const order = newOrder();
      const response = await payments.pay({ key: 'paid-1', body: order });
      const payment = await paymentOf(response);

      expect(response.status).toBe(201);
      expect(response.headers.get('location')).toBe(`/v1/payments/${payment.id}`);
      expect(payment).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        orderId: order.orderId,
        userId: 'alice',
        status: 'COMPLETED',
        amountMinor: 1299,
        currency: 'EUR',
        pspReference: payments.psp.captures[0]?.id,
        createdAt: expect.any(String),
        completedAt: expect.any(String),
      });
      const { rows } = await payments.database.admin.query(
        `SELECT * FROM payments.outbox WHERE subject = $1`,
        [payment.id],
      );
      expect(rows).toHaveLength(1);
      const event = rows[0] as Record<string, string>;
      expect(event).toMatchObject({
        specversion: '1.0',
        topic: 'payment.completed',
        partition_key: 'alice',
        event_type: 'payment.completed',
      });
      expect(JSON.parse(String(event['payload']))).toEqual({
        paymentId: payment.id,
        orderId: order.orderId,
        userId: 'alice',
        amountMinor: 1299,
        currency: 'EUR',
        completedAt: payment.completedAt,
        paymentVersion: 2,
      });
    });

    it("carries the caller's trace into the event", async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const response = await payments.pay({
        key: 'trace-1',
        body: newOrder(),
        headers: { traceparent },
      });
      const { id } = await paymentOf(response);
      const { rows } = await payments.database.admin.query(
        `SELECT traceparent FROM payments.outbox WHERE subject = $1`,
        [id],
      );
      expect(rows).toEqual([{ traceparent }]);
    });

    it('that is declined answers 402 with the decline code and writes no event', async () => {
      payments.psp.script.push('decline');
      const events = await payments.count('outbox');
      const response = await payments.pay({ key: 'declined-1', body: newOrder() });
      expect(response.status).toBe(402);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      const problem = await problemOf(response);
      expect(problem.code).toBe('payment_declined');
      expect(problem.declineCode).toBe('do_not_honor');
      expect(await payments.count('outbox')).toBe(events);
    });

    it('the PSP finds invalid is FAILED, not charged, and answered with 402', async () => {
      payments.psp.script.push({
        status: 400,
        type: 'invalid_request_error',
        code: 'resource_missing',
      });
      const response = await payments.pay({ key: 'invalid-1', body: newOrder() });
      expect(response.status).toBe(402);
      expect((await problemOf(response)).code).toBe('payment_failed');
    });
  });

  describe('the same key again', () => {
    it.each(['pay', 'decline'] as const)('replays the same bytes after: %s', async (behaviour) => {
      payments.psp.script.push(behaviour);
      const { orderId, ...rest } = newOrder();
      const key = `replay-${behaviour}`;
      const first = await payments.pay({ key, body: { orderId, ...rest } });
      // Another order of members, white space and quotes around the key: the same request.
      const second = await payments.pay({
        key: `"${key}"`,
        body: JSON.stringify({ ...rest, orderId }, null, 2),
      });

      expect(second.status).toBe(first.status);
      expect(await second.text()).toBe(await first.text());
      expect(first.headers.get('idempotent-replayed')).toBeNull();
      expect(second.headers.get('idempotent-replayed')).toBe('true');
      for (const name of ['content-type', 'location'])
        expect(second.headers.get(name)).toBe(first.headers.get(name));
      expect(payments.psp.attempts).toHaveLength(1);
    });

    it('with another body is 422, counted as a collision, and changes nothing', async () => {
      const collisions = async () => await payments.metric('idempotency_key_collisions_total');
      const before = (await collisions()) ?? 0;
      const order = newOrder();
      await payments.pay({ key: 'reused-1', body: order });
      const response = await payments.pay({ key: 'reused-1', body: { ...order, amountMinor: 1 } });
      expect(response.status).toBe(422);
      expect((await problemOf(response)).code).toBe('idempotency_key_reused');
      expect(await collisions()).toBe(before + 1);
      expect(payments.psp.captures).toHaveLength(1);
    });

    it('of another user is another key', async () => {
      const body = newOrder();
      const alice = await paymentOf(await payments.pay({ key: 'shared-1', body }));
      const bob = await paymentOf(await payments.pay({ key: 'shared-1', body, user: 'bob' }));
      expect(bob.status).toBe('COMPLETED');
      expect(bob.id).not.toBe(alice.id);
    });

    it('while the first is at the PSP is 409 with Retry-After', async () => {
      payments.psp.script.push('hang');
      const body = newOrder();
      const first = payments.pay({ key: 'in-flight-1', body });
      await waitUntil('the first request to be at the PSP', () => payments.psp.attempts[0]);
      const second = await payments.pay({ key: 'in-flight-1', body });
      expect(second.status).toBe(409);
      expect(second.headers.get('retry-after')).toBe('1');
      expect((await problemOf(second)).code).toBe('idempotency_in_flight');
      await first;
      // The completer asks again; its charge must not be counted by a later test.
      await waitUntil('the payment to be charged', () => payments.psp.captures[0]);
    });
  });

  describe('another key', () => {
    it("for an order that is paid is 409 with the live payment's Location, and stores nothing", async () => {
      const body = newOrder();
      const { id } = await paymentOf(await payments.pay({ key: 'order-1a', body }));
      const keys = await payments.count('idempotency_keys');
      const response = await payments.pay({ key: 'order-1b', body });
      expect(response.status).toBe(409);
      expect((await problemOf(response)).code).toBe('order_already_paid');
      expect(response.headers.get('location')).toBe(`/v1/payments/${id}`);
      expect(await payments.count('idempotency_keys')).toBe(keys);
    });

    it('twenty of them at once for one order charge once', async () => {
      const body = newOrder();
      const responses = await Promise.all(
        Array.from({ length: 20 }, (_, n) => payments.pay({ key: `race-${n}`, body })),
      );
      const statuses = responses.map(({ status }) => status).sort();
      expect(statuses).toEqual([201, ...Array<number>(19).fill(409)]);
      expect(payments.psp.captures).toHaveLength(1);
    });

    it('may pay an order whose payment was declined', async () => {
      payments.psp.script.push('decline');
      const body = newOrder();
      await payments.pay({ key: 'second-try-a', body });
      expect((await payments.pay({ key: 'second-try-b', body })).status).toBe(201);
    });
  });

  it('is read by its customer only', async () => {
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

  it('at rest the metric shows no caller that waits for a connection, the scrape included', async () => {
    const waiting = 'db_pool_connections{app="payments",state="waiting"}';
    expect(await payments.metric(waiting)).toBe(0);
  });
});

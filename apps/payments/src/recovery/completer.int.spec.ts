import { waitUntil } from '@effectively-once/testing';
import { DataSource } from 'typeorm';
import { claim } from '../checkout/claim.sql.js';
import { systemClockAndIds } from '../runtime/clock-and-ids.js';
import { pool } from '../runtime/database.js';
import { fingerprint } from '../checkout/idempotency-key.js';
import { defer, release, takeOver } from './lease.sql.js';
import { Finalizer } from '../payment/finalizer.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';
import { paymentOf, problemOf } from '../testing/answers.js';

describe('a payment whose request is gone', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());

  const { newId } = systemClockAndIds;

  const request = (order: ReturnType<typeof newOrder>, key: string, leaseMs: number) => ({
    ...order,
    paymentId: newId(),
    leaseToken: newId(),
    userId: 'alice',
    method: 'POST',
    route: '/v1/payments',
    idempotencyKey: key,
    fingerprint: fingerprint(order),
    receiptEmail: undefined,
    tokenEmail: 'alice@example.com',
    createdAt: new Date(),
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    leaseMs,
  });

  /** Leaves what a process leaves that dies between its claim and its PSP call. */
  async function claimAndDie(order: ReturnType<typeof newOrder>, key: string, leaseMs: number) {
    const claimed = request(order, key, leaseMs);
    const outcome = await claim(pool(payments.app.get(DataSource)), claimed);
    expect(outcome).toEqual({ outcome: 'claimed' });
    return claimed;
  }

  /** Takes a payment over, like the completer of another instance. */
  async function takeOverElsewhere(paymentId: string) {
    await payments.database.admin.query(
      `UPDATE payments.payments SET status = 'UNKNOWN', version = 2, lease_token = $2 WHERE id = $1`,
      [paymentId, newId()],
    );
  }

  it('before its PSP call is finished by the completer, and its key replays 201', async () => {
    const order = newOrder();
    const { paymentId } = await claimAndDie(order, 'died-1', 500);
    const inFlight = await payments.pay({ key: 'died-1', body: order });
    expect((await problemOf(inFlight)).code).toBe('idempotency_in_flight');

    const replay = await waitUntil('the key to be answered', async () => {
      const response = await payments.pay({ key: 'died-1', body: order });
      return response.status === 201 ? response : undefined;
    });
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect((await paymentOf(replay)).id).toBe(paymentId);
    expect(payments.psp.attempts).toEqual([paymentId]);
  });

  it('is left alone while the request holds the lease', async () => {
    await claimAndDie(newOrder(), 'held-1', 60_000);
    const taken = await takeOver(pool(payments.app.get(DataSource)), {
      leaseToken: newId(),
      leaseMs: 1,
      paymentsMax: 100,
    });
    expect(taken).toEqual([]);
  });

  it('can be neither released nor deferred by a request that lost its lease', async () => {
    const lease = await claimAndDie(newOrder(), 'slow-1', 60_000);
    await takeOverElsewhere(lease.paymentId);
    const connections = pool(payments.app.get(DataSource));
    expect(await release(connections, lease)).toBe('lost');
    expect(await defer(connections, { ...lease, afterMs: 1 })).toBe('lost');
  });

  it('and comes back is finalized by its answer, and the event has the version of the row', async () => {
    const order = newOrder();
    const { paymentId } = await claimAndDie(order, 'slow-2', 60_000);
    const finalizer = payments.app.get(Finalizer);
    const asClaimed = await finalizer.payment(paymentId);
    await takeOverElsewhere(paymentId);
    await finalizer.finalize(asClaimed, { outcome: 'captured', pspReference: 'pi_slow' });

    const { rows } = await payments.database.admin.query(
      `SELECT version, payload::jsonb -> 'paymentVersion' AS told
       FROM payments.payments JOIN payments.outbox ON subject = id::text WHERE id = $1`,
      [paymentId],
    );
    expect(rows).toEqual([{ version: 3, told: 3 }]);
  });

  // One statement writes payment, event and response: if one of them is refused, none is written.
  it.each([
    ['the response', 'UPDATE (response_status, response_body) ON payments.idempotency_keys'],
    ['the event', 'INSERT ON payments.outbox'],
  ])('is not half finalized when %s cannot be written', async (_, right) => {
    const { admin } = payments.database;
    const [order, key] = [newOrder(), `halved-${right}`.replace(/[^a-z-]/g, '')];
    await admin.query(`REVOKE ${right} FROM payments_app`);
    try {
      expect((await payments.pay({ key, body: order })).status).toBe(503);
      const { rows } = await admin.query(
        `SELECT status, response_status, (SELECT count(*)::int FROM payments.outbox
           WHERE subject = id::text) AS events
         FROM payments.payments JOIN payments.idempotency_keys ON payment_id = id
         WHERE order_id = $1`,
        [order.orderId],
      );
      expect(rows).toEqual([{ status: 'PENDING', response_status: null, events: 0 }]);
    } finally {
      await admin.query(`GRANT ${right} TO payments_app`);
    }
  });

  it('is found by a concurrent request that waited for its key to be committed', async () => {
    const order = newOrder();
    const twin = request(order, 'twin-1', 60_000);
    const { admin } = payments.database;
    await admin.query('BEGIN');
    await admin.query(
      `WITH payment AS (
         INSERT INTO payments.payments VALUES ($1, 'alice', $2, 1299, 'EUR', 'pm_card_visa',
           'PENDING', 1, NULL, NULL, now(), NULL, '00-x', 0, NULL, now() + interval '1 minute'))
       INSERT INTO payments.idempotency_keys
       VALUES ('alice', 'POST', '/v1/payments', 'twin-1', $3, $1, NULL, NULL, now())`,
      [twin.paymentId, order.orderId, twin.fingerprint],
    );
    const claiming = claim(pool(payments.app.get(DataSource)), request(order, 'twin-1', 60_000));
    await waitUntil('our claim to wait for the twin', async () => {
      const { rowCount } = await admin.query(
        `SELECT FROM pg_stat_activity WHERE wait_event = 'transactionid' AND datname = current_database()`,
      );
      return rowCount === 1 || undefined;
    });
    await admin.query('COMMIT');
    expect(await claiming).toMatchObject({
      outcome: 'key_taken',
      holder: { paymentId: twin.paymentId, status: 'PENDING' },
    });
  });

  it('is taken over by one completer of several', async () => {
    payments.psp.script.push(...Array<'hang'>(10).fill('hang'));
    const connections = pool(payments.app.get(DataSource));
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => claimAndDie(newOrder(), `shared-${n}`, 0)),
    );
    const takers = await Promise.all(
      Array.from({ length: 5 }, () =>
        takeOver(connections, { leaseToken: newId(), leaseMs: 60_000, paymentsMax: 5 }),
      ),
    );
    const taken = takers.flat();
    expect(new Set(taken).size).toBe(taken.length);
  });
});

import { waitUntil } from '@effectively-once/testing';
import { DataSource } from 'typeorm';
import { claim } from './claim.sql.js';
import { systemClockAndIds } from './clock-and-ids.js';
import { pool } from './database.js';
import { fingerprint } from './idempotency-key.js';
import { release, takeOver } from './lease.sql.js';
import { newOrder, PaymentsUnderTest } from './testing/payments-under-test.js';
import { paymentOf, problemOf } from './testing/answers.js';

describe('the completer', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());

  const { newId } = systemClockAndIds;

  /** What a process leaves behind that dies between its claim and its PSP call. */
  async function claimAndDie(order: ReturnType<typeof newOrder>, key: string, leaseMs: number) {
    const left = { paymentId: newId(), leaseToken: newId() };
    const outcome = await claim(pool(payments.app.get(DataSource)), {
      ...order,
      ...left,
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
    expect(outcome).toEqual({ outcome: 'claimed' });
    return left;
  }

  it('finishes a payment whose process died before its PSP call, and its key replays 201', async () => {
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

  it('leaves a payment alone while its request holds the lease', async () => {
    await claimAndDie(newOrder(), 'held-1', 60_000);
    const taken = await takeOver(pool(payments.app.get(DataSource)), {
      leaseToken: newId(),
      leaseMs: 1,
      paymentsMax: 100,
    });
    expect(taken).toEqual([]);
  });

  it('takes the right to give up away from a request whose lease is over', async () => {
    const held = await claimAndDie(newOrder(), 'slow-1', 0);
    await waitUntil(
      'the completer to take over',
      () => payments.psp.attempts.at(-1) === held.paymentId || undefined,
    );
    expect(await release(pool(payments.app.get(DataSource)), held)).toBe('lost');
  });

  it('shares work with other completers and never takes one payment twice', async () => {
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

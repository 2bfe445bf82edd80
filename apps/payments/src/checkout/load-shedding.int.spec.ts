import { waitUntil } from '@effectively-once/testing';
import { LoadShedding, WORK_LIMITS } from './load-shedding.js';
import { paymentOf, problemOf } from '../testing/answers.js';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';
import { sendWebhook, succeeded } from '../testing/webhooks.js';

const REFUSED = 'checkout_requests_total{outcome="overloaded"}';
const SHOP = 'http://localhost:8080';

describe('while more checkouts arrive than payments can work on', () => {
  let payments: PaymentsUnderTest;
  let release: () => void;
  beforeEach(async () => {
    payments = await PaymentsUnderTest.start({
      SHOP_ORIGINS: SHOP,
      RATE_LIMIT_BURST: '1000',
      PSP_TIMEOUT_MS: '6000',
    });
  }, 30_000);
  afterEach(async () => {
    release();
    await payments.stop();
  });

  /** Takes every place, as checkouts do that wait for our database. */
  function fill(): void {
    const released = new Promise<void>((resolve) => (release = resolve));
    const loadShedding = payments.app.get(LoadShedding);
    for (let n = 0; n < WORK_LIMITS.burstMax; n += 1) {
      void loadShedding.admit(() => released);
    }
  }
  const stored = async () => [
    await payments.count('payments'),
    await payments.count('idempotency_keys'),
  ];

  it('one more is refused at once with 503, stores nothing, and the same key pays later', async () => {
    fill();
    const request = { key: 'refused-1', body: newOrder(), headers: { origin: SHOP } };
    const refused = await payments.pay(request);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-4]$/);
    // Otherwise the page of the shop could not read why.
    expect(refused.headers.get('access-control-allow-origin')).toBe(SHOP);
    expect(refused.headers.get('access-control-expose-headers')).toContain('retry-after');
    expect((await problemOf(refused)).code).toBe('overloaded');
    expect(await stored()).toEqual([0, 0]);
    expect(payments.psp.attempts).toEqual([]);
    expect(await payments.metric(REFUSED)).toBeGreaterThan(0);

    release();
    const paid = await waitUntil('the key to pay', async () => {
      const response = await payments.pay(request);
      return response.status === 201 ? response : undefined;
    });
    expect(paid.headers.get('idempotent-replayed')).toBeNull();
    expect(payments.psp.captures).toHaveLength(1);
  });

  // The early refusal compares the address as it was sent. `admit` decides behind it.
  it.each(['/v1/payments?a=b', '/v1/%70ayments'])(
    'one more at another spelling of the address, %s, is refused too',
    async (path) => {
      fill();
      const refused = await fetch(payments.url + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await payments.token()}`,
          'content-type': 'application/json',
          'idempotency-key': 'refused-2',
        },
        body: JSON.stringify(newOrder()),
      });
      expect((await problemOf(refused)).code).toBe('overloaded');
      expect(await stored()).toEqual([0, 0]);
    },
  );

  it('it is refused before its token is checked and its body is read: a refusal is cheap', async () => {
    fill();
    const headers = { authorization: 'Bearer x.y.z' };
    const refused = await payments.pay({ key: null, body: '{', headers });
    expect((await problemOf(refused)).code).toBe('overloaded');
  });

  it('reads, webhooks, health, metrics and the completer still work', async () => {
    payments.psp.script.push('charge_then_reset', 'reset');
    const open = await paymentOf(await payments.pay({ key: 'open-1', body: newOrder() }));
    const told = await paymentOf(await payments.pay({ key: 'told-1', body: newOrder() }));
    fill();
    const webhook = await sendWebhook(payments, succeeded({ id: 'pi_1', paymentId: told.id }));
    expect(webhook.status).toBe(200);
    for (const { id } of [open, told]) {
      await waitUntil('the payment to be COMPLETED', async () => {
        const payment = await paymentOf(await payments.get(`/v1/payments/${id}`));
        return payment.status === 'COMPLETED' || undefined;
      });
    }
    for (const path of ['/health/live', '/health/ready', '/metrics', '/openapi.json']) {
      expect([path, (await payments.get(path)).status]).toEqual([path, 200]);
    }
    expect(await payments.metric('checkouts_working')).toBe(WORK_LIMITS.burstMax);
    expect((await payments.pay({ key: 'more-1', body: newOrder() })).status).toBe(503);
  });

  it('when the database stands still, it works on a limited number; all others are free to retry', async () => {
    fill();
    release();
    const { admin } = payments.database;
    await admin.query('BEGIN; LOCK TABLE payments.idempotency_keys');
    const requests = Array.from({ length: WORK_LIMITS.burstMax + 50 }, (_, n) => ({
      key: `many-${n}`,
      body: newOrder(),
    }));
    const answers = Promise.all(requests.map((request) => payments.pay(request)));
    await waitUntil('a checkout to be refused', async () => {
      return ((await payments.metric(REFUSED)) ?? 0) > 0 || undefined;
    });
    expect(await payments.metric('checkouts_working')).toBeLessThanOrEqual(WORK_LIMITS.burstMax);
    await admin.query('ROLLBACK');

    const statuses = (await answers).map(({ status }) => status);
    expect([201, 503]).toEqual(expect.arrayContaining([...new Set(statuses)]));
    for (const request of requests.filter((_, n) => statuses[n] !== 201)) {
      await waitUntil('the key to pay', async () => {
        return (await payments.pay(request)).status === 201 || undefined;
      });
    }
    expect(payments.psp.captures).toHaveLength(requests.length);
    expect(await stored()).toEqual([requests.length, requests.length]);
    expect(await payments.metric('checkouts_working')).toBe(0);
  });
});

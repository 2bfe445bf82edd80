import { ADDRESS_PATTERN, addressFault } from '@effectively-once/contracts';
import fc from 'fast-check';
import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';
import { paymentOf, problemOf } from '../testing/answers.js';

describe('checkout', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start();
  }, 30_000);
  afterAll(async () => await payments.stop());
  beforeEach(() => {
    payments.psp.attempts.length = 0;
  });

  describe('the receipt', () => {
    const recipient = async (id: string) =>
      await (await payments.get(`/internal/payments/${id}/recipient`, 'service-token')).json();

    it("goes to the order's address, else the customer's, else the token's", async () => {
      await payments.database.admin.query(
        `INSERT INTO payments.customers (user_id, email, locale) VALUES ('carol', 'carol@home.example', 'de')`,
      );
      const own = newOrder({ receiptEmail: 'office@example.com' });
      const [byOrder, byCustomer, byToken] = await Promise.all([
        payments.pay({ key: 'receipt-1', user: 'carol', body: own }),
        payments.pay({ key: 'receipt-2', user: 'carol', body: newOrder() }),
        payments.pay({ key: 'receipt-3', user: 'dave', body: newOrder() }),
      ]);
      expect(await recipient((await paymentOf(byOrder)).id)).toEqual({
        userId: 'carol',
        receiptEmail: 'office@example.com',
        locale: 'de',
      });
      expect(await recipient((await paymentOf(byCustomer)).id)).toMatchObject({
        receiptEmail: 'carol@home.example',
      });
      expect(await recipient((await paymentOf(byToken)).id)).toMatchObject({
        receiptEmail: 'dave@example.com',
        locale: 'en',
      });
    });

    it.each(['de_DE.UTF-8', 'no locale'])(
      'is written in a locale that exists: %s',
      async (locale) => {
        const user = `locale-${locale.length}`;
        await payments.database.admin.query(
          `INSERT INTO payments.customers (user_id, email, locale) VALUES ($1, 'a@b.example', $2)`,
          [user, locale],
        );
        const paid = await payments.pay({ key: 'locale', user, body: newOrder() });
        const expected = locale === 'no locale' ? 'en' : 'de-DE';
        expect(await recipient((await paymentOf(paid)).id)).toMatchObject({ locale: expected });
      },
    );

    it('never goes to a stored address that cannot be mailed to', async () => {
      await payments.database.admin.query(
        `INSERT INTO payments.customers (user_id, email) VALUES ('heidi', 'a@b.example, c@d.example')`,
      );
      const byToken = await payments.pay({ key: 'stored-1', user: 'heidi', body: newOrder() });
      expect(await recipient((await paymentOf(byToken)).id)).toMatchObject({
        receiptEmail: 'heidi@example.com',
      });
      const attempts = payments.psp.attempts.length;
      const body = newOrder();
      const without = await payments.pay({ key: 'stored-2', user: 'heidi', email: null, body });
      expect(without.status).toBe(400);
      expect((await problemOf(without)).errors?.[0]?.pointer).toBe('/receiptEmail');
      expect(payments.psp.attempts).toHaveLength(attempts);
    });

    it('goes to the same stored addresses as are accepted in an order', async () => {
      const part = fc.string({
        unit: fc.constantFrom(...'aB9.-_&+@"<>,; \n\u00e9\ud800'),
        maxLength: 70,
      });
      const address = fc.tuple(part, fc.constantFrom('@', '@a.', '@xn--', ''), part);
      // Text of PostgreSQL holds no lone surrogate: the driver sends U+FFFD in its place.
      const texts = address.map((parts) => Buffer.from(parts.join('')).toString());
      await fc.assert(
        fc.asyncProperty(fc.array(texts, { minLength: 50, maxLength: 50 }), async (some) => {
          const { rows } = await payments.database.admin.query(
            'SELECT text ~ $2 AS accepted FROM unnest($1::text[]) WITH ORDINALITY AS t (text, n) ORDER BY n',
            [some, ADDRESS_PATTERN],
          );
          const accepted = (rows as { accepted: boolean }[]).map((row) => row.accepted);
          expect(accepted).toEqual(some.map((text) => addressFault(text) === undefined));
        }),
        { numRuns: 20 },
      );
    });

    it('without any address stops the checkout with 400, and stores nothing', async () => {
      const keys = await payments.count('idempotency_keys');
      const response = await payments.pay({ key: 'receipt-4', email: null, body: newOrder() });
      expect(response.status).toBe(400);
      expect((await problemOf(response)).errors?.[0]?.pointer).toBe('/receiptEmail');
      expect(await payments.count('idempotency_keys')).toBe(keys);
      expect(payments.psp.attempts).toEqual([]);
    });

    it('is told to our own services only', async () => {
      const path = '/internal/payments/00000000-0000-7000-8000-000000000000/recipient';
      expect((await payments.get(path)).status).toBe(401);
      expect((await payments.get(path, 'service-token')).status).toBe(404);
    });

    describe('for several payments at once', () => {
      const ask = async (ids: unknown, token = 'service-token') =>
        await fetch(`${payments.url}/internal/recipients`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ ids }),
        });
      const unknown = ['00000000-0000-7000-8000-000000000000', 'no-uuid'];

      it('is one result per id, in order, whichever of them are unknown', async () => {
        const users = ['erin', 'frank', 'grace'];
        const known = await Promise.all(
          users.map(async (user, index) => {
            const response = await payments.pay({ key: `many-${index}`, user, body: newOrder() });
            return (await paymentOf(response)).id;
          }),
        );
        const idsOfSubset = fc.shuffledSubarray([...known, ...unknown], { minLength: 1 });
        await fc.assert(
          fc.asyncProperty(idsOfSubset, fc.boolean(), async (subset, isUpperCase) => {
            const ids = isUpperCase ? subset.map((id) => id.toUpperCase()) : subset;
            const recipientOf = (id: string) => {
              const userId = users[known.indexOf(id)];
              const receiptEmail = `${userId}@example.com`;
              return userId === undefined ? null : { userId, receiptEmail, locale: 'en' };
            };
            const results = subset.map((id, at) => ({ id: ids[at], recipient: recipientOf(id) }));
            expect(await (await ask(ids)).json()).toEqual({ results });
          }),
          { numRuns: 50 },
        );
      });

      it('is told to our own services only, and for at most 100 payments', async () => {
        expect((await ask(unknown, await payments.token())).status).toBe(401);
        for (const ids of [[], Array.from({ length: 101 }, () => unknown[0]), 'all', undefined]) {
          expect((await ask(ids)).status).toBe(400);
        }
        expect((await ask(Array.from({ length: 100 }, () => unknown[0]))).status).toBe(200);
      });
    });

    it('leaves no address, payment method or key in the outbox, the log or the metrics', async () => {
      const order = newOrder({ receiptEmail: 'secret.person@example.com' });
      await payments.pay({ key: 'secret-key-1', body: order });
      const { rows } = await payments.database.admin.query(
        `SELECT string_agg(outbox::text, '') AS text FROM payments.outbox`,
      );
      const metrics = await (await fetch(`${payments.url}/metrics`)).text();
      const everything = `${(rows[0] as { text: string }).text}${payments.logLines.join('')}${metrics}`;
      for (const secret of ['@example.com', 'pm_card_visa', 'secret-key-1'])
        expect(everything).not.toContain(secret);
      expect(metrics).toContain('checkout_requests_total{outcome="completed"}');
    });
  });
});

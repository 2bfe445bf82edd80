import { newOrder, PaymentsUnderTest } from '../testing/payments-under-test.js';
import { problemOf } from '../testing/answers.js';

describe('a checkout', () => {
  let payments: PaymentsUnderTest;
  beforeAll(async () => {
    payments = await PaymentsUnderTest.start({ RATE_LIMIT_PER_S: '1', RATE_LIMIT_BURST: '100' });
  }, 30_000);
  afterAll(async () => await payments.stop());
  beforeEach(() => {
    payments.psp.attempts.length = 0;
  });

  describe('with faults', () => {
    it.each([
      ['an unknown currency', newOrder({ currency: 'XXX' }), ['/currency']],
      ['a lower-case currency', newOrder({ currency: 'eur' }), ['/currency']],
      ['a currency of the past', newOrder({ currency: 'DEM' }), ['/currency']],
      ['a currency that the PSP does not take', newOrder({ currency: 'IQD' }), ['/currency']],
      ['more than the PSP takes', newOrder({ amountMinor: 100_000_000 }), ['/amountMinor']],
      ['fils', newOrder({ amountMinor: 5_124, currency: 'KWD' }), ['/amountMinor']],
      ['part of an ariary', newOrder({ amountMinor: 520, currency: 'MGA' }), ['/amountMinor']],
      ['a negative amount', newOrder({ amountMinor: -1 }), ['/amountMinor']],
      ['half a cent', newOrder({ amountMinor: 0.5 }), ['/amountMinor']],
      ['an amount in words', newOrder({ amountMinor: '12' }), ['/amountMinor']],
      ['an unknown field', newOrder({ 'a/b~c': 1 }), ['/a~1b~0c']],
      ['a card number', newOrder({ paymentMethod: '4242424242424242' }), ['/paymentMethod']],
      ['a bad address', newOrder({ receiptEmail: 'no-address' }), ['/receiptEmail']],
      ['two addresses', newOrder({ receiptEmail: 'a@b.example,c@d.example' }), ['/receiptEmail']],
      ['half a character', newOrder({ receiptEmail: '\ud800@b.example' }), ['/receiptEmail']],
      [
        'several faults',
        { currency: 1 },
        ['/orderId', '/amountMinor', '/currency', '/paymentMethod'],
      ],
      ['no object', '[]', ['']],
      ['broken JSON', '{"orderId":', ['']],
    ])('for %s names each fault by its pointer and stores nothing', async (_, body, pointers) => {
      const before = [await payments.count('payments'), await payments.count('idempotency_keys')];
      const response = await payments.pay({ key: 'faulty-1', body });
      expect(response.status).toBe(400);
      const problem = await problemOf(response);
      expect(problem.code).toBe('invalid_request');
      expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
      const after = [await payments.count('payments'), await payments.count('idempotency_keys')];
      expect(after).toEqual(before);
      expect(payments.psp.attempts).toEqual([]);
    });

    // It would be charged, and its receipt could never be sent.
    it('for a token whose address is none, and no other, is refused', async () => {
      const response = await payments.pay({ key: 'mute-1', body: newOrder(), email: 'no-address' });
      expect(response.status).toBe(400);
      const problem = await problemOf(response);
      expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(['/receiptEmail']);
      expect(payments.psp.attempts).toEqual([]);
    });

    it.each([
      ['no key', null, 400, 'idempotency_key_required'],
      ['a key with a space', 'a b', 400, 'idempotency_key_malformed'],
      ['half a quote', '"a', 400, 'idempotency_key_malformed'],
      ['256 characters', 'k'.repeat(256), 400, 'idempotency_key_malformed'],
    ])('for %s is refused', async (_, key, status, code) => {
      const response = await payments.pay({ key, body: newOrder() });
      expect(response.status).toBe(status);
      expect((await problemOf(response)).code).toBe(code);
    });

    it('of 1 MB is refused unread', async () => {
      const response = await payments.pay({ key: 'big-1', body: newOrder({ x: 'x'.repeat(1e6) }) });
      expect(response.status).toBe(413);
      expect((await problemOf(response)).code).toBe('body_too_large');
    });

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', undefined])(
      'with the media type %s is 415',
      async (mediaType) => {
        const response = await fetch(`${payments.url}/v1/payments`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${await payments.token()}`,
            'idempotency-key': 'media-type-1',
            ...(mediaType ? { 'content-type': mediaType } : {}),
          },
          // Bytes, because fetch adds a media type to a text.
          body: new TextEncoder().encode(JSON.stringify(newOrder())),
        });
        expect(response.status).toBe(415);
        expect((await problemOf(response)).code).toBe('unsupported_media_type');
        expect(payments.psp.attempts).toEqual([]);
      },
    );

    it('without a token, or with a forged one, is 401', async () => {
      for (const authorization of ['', 'Bearer x.y.z', 'Basic YWxpY2U6']) {
        const response = await payments.pay({
          key: 'anonymous-1',
          body: newOrder(),
          headers: { authorization },
        });
        expect(response.status).toBe(401);
        expect((await problemOf(response)).code).toBe('unauthorized');
      }
    });
  });

  it('too often: 429 with Retry-After, for that user alone', async () => {
    const responses = await Promise.all(
      Array.from({ length: 150 }, () => payments.pay({ key: null, body: {}, user: 'hasty' })),
    );
    const limited = responses.filter(({ status }) => status === 429);
    expect(limited[0]?.headers.get('retry-after')).toMatch(/^[1-9]$/);
    expect((await problemOf(limited[0] as Response)).code).toBe('rate_limited');
    expect((await payments.pay({ key: null, body: {} })).status).toBe(400);
  });
});

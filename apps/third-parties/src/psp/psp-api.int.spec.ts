import Stripe from 'stripe';
import { ThirdParties } from '../third-parties.fixture.js';

describe('the PSP, called by the official SDK', () => {
  let thirdParties: ThirdParties;
  let stripe: Stripe;
  let payments = 0;
  let paymentId: string;

  beforeAll(async () => {
    thirdParties = await ThirdParties.start();
    stripe = thirdParties.stripe();
  });
  beforeEach(() => {
    paymentId = `payment-${++payments}`;
  });
  afterEach(async () => await thirdParties.clearFaults());
  afterAll(async () => await thirdParties.stop());

  async function pay(
    options: { client?: Stripe; paymentMethod?: string; amount?: number; key?: string } = {},
  ) {
    return await (options.client ?? stripe).paymentIntents.create(
      {
        amount: options.amount ?? 1299,
        currency: 'eur',
        payment_method: options.paymentMethod ?? 'pm_card_visa',
        confirm: true,
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        metadata: { paymentId },
      },
      { idempotencyKey: options.key ?? paymentId },
    );
  }
  const charges = async () => await thirdParties.journal(`charges?paymentId=${paymentId}`);
  // To see that the PSP sends no answer, a client has to time out. The test measures no time.
  const impatient = () => thirdParties.stripe({ timeoutMs: 250 });

  it('charges a card, and has the charge in its journal', async () => {
    const intent = await pay();
    expect(intent).toMatchObject({ status: 'succeeded', amount: 1299, currency: 'eur' });
    expect(await charges()).toEqual([
      {
        id: intent.id,
        paymentId,
        amountMinor: 1299,
        currency: 'EUR',
        status: 'captured',
        idempotencyKey: paymentId,
        at: expect.any(String),
      },
    ]);
  });

  it('charges once for one key, and marks the second answer as a replay', async () => {
    const first = await pay();
    const second = await pay();
    expect(second.id).toBe(first.id);
    expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined();
    expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(await charges()).toHaveLength(1);
  });

  it('charges once for twenty concurrent requests with one key; the others get 409', async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, async () => await pay()));
    for (const result of results) {
      if (result.status === 'rejected') {
        expect(result.reason).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
      }
    }
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await charges()).toHaveLength(1);
  });

  it('refuses a key that is reused with another amount', async () => {
    await pay();
    await expect(pay({ amount: 1300 })).rejects.toBeInstanceOf(
      Stripe.errors.StripeIdempotencyError,
    );
    expect(await charges()).toHaveLength(1);
  });

  it.each([
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
  ])('declines %s, and repeats the same answer', async (paymentMethod, code, decline_code) => {
    const declined = { statusCode: 402, type: 'StripeCardError', code, decline_code };
    await expect(pay({ paymentMethod })).rejects.toMatchObject(declined);
    await expect(pay({ paymentMethod })).rejects.toMatchObject(declined);
    expect(await charges()).toMatchObject([{ status: 'declined' }]);
  });

  it('refuses a wrong secret key, and does not repeat it in the answer', async () => {
    const client = thirdParties.stripe({ secretKey: 'sk_test_wrong' });
    const error = await pay({ client }).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect((error as Error).message).not.toContain('sk_test_wrong');
    expect(await charges()).toEqual([]);
  });

  it('keeps a pooled connection open for a client that sends a request every minute', async () => {
    const { headers } = (await pay()).lastResponse;
    expect(headers['keep-alive']).toBe('timeout=72');
  });

  it('finds a charge by its id, by its payment id, and in the list', async () => {
    const intent = await pay();
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
    const query = `metadata['paymentId']:'${paymentId}'`;
    const found = await stripe.paymentIntents.search({ query });
    expect(found.data.map(({ id }) => id)).toEqual([intent.id]);
    const listed = await stripe.paymentIntents.list({ limit: 1 });
    expect(listed.data.map(({ id }) => id)).toEqual([intent.id]);
    await expect(stripe.paymentIntents.retrieve('pi_none')).rejects.toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    });
  });

  it('refunds the full amount of a charge, once', async () => {
    const intent = await pay();
    const refund = { payment_intent: intent.id };
    await stripe.refunds.create(refund, { idempotencyKey: `refund-${paymentId}` });
    await stripe.refunds.create(refund, { idempotencyKey: `refund-${paymentId}` });
    await expect(stripe.refunds.create(refund)).rejects.toMatchObject({
      code: 'charge_already_refunded',
    });
    expect(await charges()).toMatchObject([
      { id: intent.id, status: 'captured' },
      { id: intent.id, status: 'refunded', idempotencyKey: `refund-${paymentId}` },
    ]);
  });

  describe('with a fault', () => {
    it('declines a good card', async () => {
      await thirdParties.fault({ target: 'psp', kind: 'decline', times: 1 });
      await expect(pay()).rejects.toMatchObject({ decline_code: 'generic_decline' });
      await expect(pay({ key: 'another' })).resolves.toMatchObject({ status: 'succeeded' });
    });

    it('does not use a fault for a replay', async () => {
      await pay();
      await thirdParties.fault({ target: 'psp', kind: 'decline', times: 1 });
      await expect(pay()).resolves.toMatchObject({ status: 'succeeded' });
      await expect(pay({ key: 'new' })).rejects.toMatchObject({ statusCode: 402 });
    });

    it('charges nothing, stores a 500 and replays it for the key', async () => {
      await thirdParties.fault({ target: 'psp', kind: 'error_500', times: 1 });
      await expect(pay()).rejects.toMatchObject({ statusCode: 500 });
      await expect(pay()).rejects.toMatchObject({
        statusCode: 500,
        headers: { 'idempotent-replayed': 'true' },
      });
      expect(await charges()).toEqual([]);
    });

    it('hangs before the charge, and charges once for the retry', async () => {
      await thirdParties.fault({ target: 'psp', kind: 'hang', times: 1 });
      await expect(pay({ client: impatient() })).rejects.toMatchObject({
        type: 'StripeConnectionError',
      });
      expect(await charges()).toEqual([]);
      await pay();
      expect(await charges()).toHaveLength(1);
    });

    it('hangs after the charge, and answers the retry with that charge', async () => {
      await thirdParties.fault({ target: 'psp', kind: 'charge_then_hang', times: 1 });
      await expect(pay({ client: impatient() })).rejects.toMatchObject({
        type: 'StripeConnectionError',
      });
      const [charge] = await thirdParties.journalHolding(`charges?paymentId=${paymentId}`);
      expect(charge).toMatchObject({ status: 'captured' });
      expect((await pay()).id).toBe(charge?.['id']);
      expect(await charges()).toHaveLength(1);
    });

    it('refuses new and pooled connections, and accepts them again after the fault is deleted', async () => {
      await pay();
      await thirdParties.fault({ target: 'psp', kind: 'refuse' });
      await expect(pay()).rejects.toMatchObject({
        type: 'StripeConnectionError',
        detail: { code: 'ECONNREFUSED' },
      });
      await thirdParties.clearFaults();
      await expect(pay()).resolves.toMatchObject({ status: 'succeeded' });
    });
  });

  it('keeps its keys, charges and refunds across a restart', async () => {
    const intent = await pay();
    await stripe.refunds.create({ payment_intent: intent.id });
    thirdParties = await thirdParties.restart();
    stripe = thirdParties.stripe();
    const again = await pay();
    expect(again.id).toBe(intent.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    await expect(stripe.refunds.create({ payment_intent: intent.id })).rejects.toMatchObject({
      code: 'charge_already_refunded',
    });
    expect(await charges()).toHaveLength(2);
  });
});

import { ThirdParties } from '../third-parties.fixture.js';

describe('the PSP, as Stripe documents its currencies', () => {
  let thirdParties: ThirdParties;
  let payments = 0;
  beforeAll(async () => {
    thirdParties = await ThirdParties.start();
  });
  afterAll(async () => await thirdParties.stop());

  const charge = async (amount: number, currency: string) =>
    await thirdParties.stripe().paymentIntents.create({
      amount,
      currency,
      payment_method: 'pm_card_visa',
      confirm: true,
      metadata: { paymentId: `currency-${++payments}` },
    });

  it.each([
    [500, 'jpy'],
    [500, 'isk'],
    [500, 'ugx'],
    [5_120, 'kwd'],
    [80_045, 'twd'],
    [99_999_999, 'usd'],
    [999_999_999_999, 'idr'],
  ])('takes %d of %s', async (amount, currency) => {
    await expect(charge(amount, currency)).resolves.toMatchObject({ status: 'succeeded', amount });
  });

  it.each([
    [550, 'isk', 'amount'],
    [5, 'ugx', 'amount'],
    [5_124, 'kwd', 'amount'],
    [100_000_000, 'usd', 'amount'],
    [1_000, 'iqd', 'currency'],
    [1_000, 'dem', 'currency'],
  ])('refuses %d of %s for its %s, and charges nothing', async (amount, currency, param) => {
    await expect(charge(amount, currency)).rejects.toMatchObject({ statusCode: 400, param });
    await expect(thirdParties.journal(`charges?paymentId=currency-${payments}`)).resolves.toEqual(
      [],
    );
  });
});

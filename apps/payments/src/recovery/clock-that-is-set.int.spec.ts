import { PaymentsWorld } from '../testing/payments-world.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

describe('a clock that is set', () => {
  let world: PaymentsWorld;
  beforeAll(async () => {
    world = await PaymentsWorld.create();
  }, 30_000);
  beforeEach(async () => await world.begin());
  afterAll(async () => await world.destroy());

  const statuses = async () =>
    (await world.rows<{ status: string }>('SELECT status FROM payments.payments')).map(
      ({ status }) => status,
    );
  const complete = async () => {
    await world.passTime(16 * SECOND_MS);
    await world.completer.run();
  };

  // The PSP's search shows a charge within a minute. Measured by a wall clock that is set forward,
  // the minute would be over at once: a charged customer would read "not charged" until the refund.
  it('does not turn "not found yet" into "never charged"', async () => {
    world.psp.script.push('charge_then_error_500_stored');
    await world.checkout.pay({
      userId: 'alice',
      tokenEmail: 'alice@example.com',
      idempotencyKey: 'k1',
      order: { orderId: 'o1', amountMinor: 1299, currency: 'EUR', paymentMethod: 'pm_card_visa' },
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    await complete();
    world.stepClock(5 * MINUTE_MS);
    await complete();
    expect(await statuses()).toEqual(['UNKNOWN']);
    world.stepClock(-10 * MINUTE_MS);
    await world.passTime(MINUTE_MS);
    await complete();
    expect(await statuses()).toEqual(['COMPLETED']);
  });
});

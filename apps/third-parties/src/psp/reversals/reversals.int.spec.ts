import { randomUUID } from 'node:crypto';
import { waitUntil } from '@effectively-once/testing';
import { ThirdParties } from '../../third-parties.fixture.js';

describe('money that the PSP gives back', () => {
  let thirdParties: ThirdParties;
  beforeAll(async () => {
    thirdParties = await ThirdParties.start();
  });
  afterEach(async () => await thirdParties.clearFaults());
  afterAll(async () => await thirdParties.stop());

  async function captured(paymentId: string) {
    return await thirdParties.stripe().paymentIntents.create({
      amount: 1299,
      currency: 'eur',
      payment_method: 'pm_card_visa',
      confirm: true,
      metadata: { paymentId },
    });
  }
  const refund = async (intentId: string, key: string = randomUUID()) =>
    await thirdParties
      .stripe()
      .refunds.create({ payment_intent: intentId }, { idempotencyKey: key });
  const newestStatus = async (intentId: string) =>
    (await thirdParties.stripe().refunds.list({ payment_intent: intentId })).data[0]?.status;
  const untilStatus = async (intentId: string, status: string) =>
    await waitUntil(`a refund that is ${status}`, async () =>
      (await newestStatus(intentId)) === status ? true : undefined,
    );
  const journal = async (paymentId: string) =>
    (await thirdParties.journal(`charges?paymentId=${paymentId}`)).map(({ status }) => status);

  it('is pending while the fault is on, and blocks another refund; then it succeeds', async () => {
    const fault = { target: 'psp', kind: 'refund_pending', delayMs: 0 };
    await thirdParties.fault(fault);
    const { id } = await captured('pending');
    expect(await refund(id)).toMatchObject({ status: 'pending' });
    await expect(refund(id)).rejects.toMatchObject({ code: 'charge_already_refunded' });
    expect(await journal('pending')).toEqual(['captured', 'refund_pending']);
    await thirdParties.clearFaults();
    await untilStatus(id, 'succeeded');
    expect(await journal('pending')).toEqual(['captured', 'refund_pending', 'refunded']);
  });

  it.each([
    ['refund_fails', 'pending', 'refund_pending'],
    ['refund_fails_later', 'succeeded', 'refunded'],
  ])(
    'comes back with %s: its key replays the first answer, a new key refunds',
    async (kind, first, entry) => {
      await thirdParties.fault({ target: 'psp', kind, times: 1 });
      const { id } = await captured(kind);
      expect(await refund(id, `${kind}-1`)).toMatchObject({ status: first });
      await untilStatus(id, 'failed');
      expect(await refund(id, `${kind}-1`)).toMatchObject({ status: first });
      expect(await refund(id, `${kind}-2`)).toMatchObject({ status: 'succeeded' });
      expect(await journal(kind)).toEqual(['captured', entry, 'refund_failed', 'refunded']);
    },
    15_000,
  );

  it('succeeds after a restart if it was pending', async () => {
    await thirdParties.fault({ target: 'psp', kind: 'refund_pending' });
    const { id } = await captured('restarted');
    await refund(id);
    thirdParties = await thirdParties.restart();
    await untilStatus(id, 'succeeded');
  });

  it('is disputed by the customer, until the merchant accepts that it is lost', async () => {
    await thirdParties.fault({ target: 'psp', kind: 'dispute', times: 1 });
    const { id } = await captured('disputed');
    const { disputes } = thirdParties.stripe();
    const [opened] = (await disputes.list({ payment_intent: id })).data;
    const disputeId = opened?.id ?? '';
    expect(await disputes.retrieve(disputeId)).toMatchObject({
      payment_intent: id,
      status: 'needs_response',
    });
    expect(await disputes.close(disputeId)).toMatchObject({ status: 'lost' });
    await expect(disputes.close(disputeId)).rejects.toMatchObject({ statusCode: 400 });
  });
});

import { auditWhenQuiet } from '@effectively-once/audit';
import { waitUntil } from '@effectively-once/testing';
import Stripe from 'stripe';
import { captureByHand } from './damage.js';
import { npmRun } from './npm-run.js';
import { isAbout, operatorToken, pages } from './pager.js';
import {
  at,
  auditSources,
  checkout,
  consoleUrl,
  customerToken,
  findings,
  get,
  journal,
  newId,
  withFault,
} from './system-under-test.js';

afterAll(async () => await expect(findings()).resolves.toEqual([]));

/** The PSP captures money for a declined payment, so payments has to refund it. */
async function captureOfDeclined(): Promise<string> {
  const paymentMethod = 'pm_card_visa_chargeDeclined';
  const body = { orderId: newId('order'), paymentMethod };
  const declined = await checkout({ userId: newId('user'), key: newId('key'), body });
  const paymentId = String(declined.json['paymentId']);
  await captureByHand({ paymentId, amountMinor: 1299 });
  return paymentId;
}

const charges = async (paymentId: string) =>
  (await journal('charges', { paymentId })).filter(({ status }) => status !== 'declined');
const statuses = async (paymentId: string) =>
  (await charges(paymentId)).map(({ status }) => status);
const until = async (paymentId: string, wanted: string[]) =>
  await waitUntil(`the journal says ${wanted.join()}`, async () =>
    (await statuses(paymentId)).join() === wanted.join() ? true : undefined,
  );

/** What the operator sees of one payment, or of the latest unknown events. */
const listed = async (list: 'refunds' | 'disputes') =>
  (await get(`${consoleUrl}/api/money-back`, await operatorToken())).json[list] as {
    paymentId: string;
    status: string;
    id?: string;
  }[];
const paged = async (alert: string) =>
  await waitUntil(`a page ${alert}`, async () => (await pages()).find(isAbout(alert)));

it.each([
  ['refund_fails', {}, 'refund_pending'],
  ['refund_fails_later', { delayMs: 1_000 }, 'refunded'],
])(
  'a refund that the PSP accepts and gives back (%s) is owed again, and the customer gets it once',
  async (kind, options, first) => {
    const fault = { target: 'psp' as const, kind, times: 1, ...options };
    const paymentId = await withFault(fault, async () => {
      const id = await captureOfDeclined();
      await waitUntil('the first refund', async () => (await charges(id))[1]);
      return id;
    });
    await until(paymentId, ['captured', first, 'refund_failed', 'refunded']);
    const [, refund, failed, second] = await charges(paymentId);
    expect(failed!['refundId']).toBe(refund!['refundId']);
    expect([refund!['idempotencyKey'], second!['idempotencyKey']]).toEqual([
      `refund-${paymentId}`,
      `refund-${paymentId}-after-${String(refund!['refundId'])}`,
    ]);
    await waitUntil('the refund in payments', async () =>
      (await listed('refunds')).find(
        (one) => one.paymentId === paymentId && one.status === 'succeeded',
      ),
    );
    expect((await paged('RefundCameBack')).runbook).toContain('#refundcameback');
  },
);

it('a refund that comes back each time is closed by an operator who paid in another way', async () => {
  const fault = { target: 'psp' as const, kind: 'refund_fails' };
  const reason = 'bank transfer 4711';
  const paymentId = await withFault(fault, async () => {
    const id = await captureOfDeclined();
    await waitUntil('a refund that came back', async () => (await charges(id))[2]);
    const capture = String((await charges(id))[0]?.['id']);
    // It refuses while the next refund lives, which lasts a moment.
    await waitUntil('the refund to be closed', async () => {
      const closed = await npmRun('refund', ['close', capture, '--reason', reason]);
      return closed.code === 0 || undefined;
    });
    const again = await npmRun('refund', ['close', capture, '--reason', 'cash']);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('no refund')]);
    return id;
  });
  const closed = (await listed('refunds')).find((one) => one.paymentId === paymentId);
  expect(closed).toMatchObject({
    status: 'paid_otherwise',
    closedBy: 'olga',
    closedReason: reason,
  });
  // Without a finding: the audit counts it as made.
  await expect(findings()).resolves.toEqual([]);
  expect(await statuses(paymentId)).not.toContain('refunded');
});

it('a refund that is pending is late, and neither done nor asked for again', async () => {
  const fault = { target: 'psp' as const, kind: 'refund_pending', delayMs: 0 };
  const paymentId = await withFault(fault, async () => {
    const id = await captureOfDeclined();
    await until(id, ['captured', 'refund_pending']);
    const { invariants } = await auditWhenQuiet({
      sources: auditSources,
      waitMaxMs: 0,
    });
    const i5 = invariants.find((invariant) => invariant.id === 'I5');
    expect(i5?.violated).toEqual([]);
    expect(i5?.late).toEqual([expect.objectContaining({ id })]);
    return id;
  });
  await until(paymentId, ['captured', 'refund_pending', 'refunded']);
});

it('a dispute pages a person until it is closed, and its payment stays paid', async () => {
  const request = { userId: newId('user'), key: newId('key'), body: { orderId: newId('order') } };
  const fault = { target: 'psp' as const, kind: 'dispute', times: 1 };
  const paid = await withFault(fault, () => checkout(request));
  const dispute = await waitUntil('the dispute', async () =>
    (await listed('disputes')).find(({ paymentId }) => paymentId === paid.json['id']),
  );
  expect(dispute.status).toBe('needs_response');
  expect((await paged('PaymentDisputed')).severity).toBe('critical');
  const { hostname, port } = new URL(at.PSP_URL);
  const stripe = new Stripe(at.PSP_SECRET_KEY, { protocol: 'http', host: hostname, port });
  await stripe.disputes.close(dispute.id ?? '');
  await waitUntil('its end', async () =>
    (await listed('disputes')).find(({ id, status }) => id === dispute.id && status === 'lost'),
  );
  await paged('DisputeLost');
  const customer = await get(`${consoleUrl}/api/money-back`, await customerToken(newId('user')));
  expect(customer.status).toBe(403);
});

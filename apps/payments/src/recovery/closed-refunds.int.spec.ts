import { mintToken } from '@effectively-once/platform';
import { waitUntil } from '@effectively-once/testing';
import { Finalizer } from '../payment/finalizer.js';
import { newOrder, PaymentsUnderTest, TEST_ENVIRONMENT } from '../testing/payments-under-test.js';
import { Refunds } from './refunds.js';

/*
 * A refund that the PSP cannot make: the card is closed, and each refund comes back. A person pays
 * the customer in another way, and closes the debt.
 */

let payments: PaymentsUnderTest;
beforeAll(async () => (payments = await PaymentsUnderTest.start()), 30_000);
afterAll(async () => await payments.stop());
beforeEach(() => {
  const { reversals } = payments.psp;
  reversals.refunds.length = 0;
  Object.assign(reversals, { refunding: 'failed', firstStatus: 'succeeded' });
});

/** A refund that is owed, and that the PSP does not make. */
async function owed(capture: string): Promise<void> {
  payments.psp.script.push('decline');
  const response = await payments.pay({ key: `key-${capture}`, body: newOrder() });
  const id = (response.headers.get('location') ?? '').split('/').at(-1) ?? '';
  const finalizer = payments.app.get(Finalizer);
  const payment = await finalizer.payment(id);
  await finalizer.finalize(payment, { outcome: 'captured', pspReference: capture });
  await waitUntil('a request for the refund', async () => (await rowOf(capture))?.attempts > 0);
}

async function close(capture: string, body: unknown, role: 'operator' | 'customer' = 'operator') {
  const secret = TEST_ENVIRONMENT.AUTH_JWT_SECRET;
  const token = await mintToken(secret, { userId: 'olga', role }, { ttlS: 600 });
  return await fetch(`${payments.url}/internal/refunds/${capture}/close`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function rowOf(capture: string) {
  const { rows } = await payments.database.admin.query(
    'SELECT * FROM payments.refunds WHERE psp_reference = $1',
    [capture],
  );
  return rows[0];
}

async function look(capture: string): Promise<void> {
  const { admin } = payments.database;
  await admin.query(`UPDATE payments.refunds SET next_try_at = now() WHERE psp_reference = $1`, [
    capture,
  ]);
  const { attempts } = await rowOf(capture);
  await payments.app.get(Refunds).run();
  await waitUntil('a look', async () => (await rowOf(capture)).attempts > attempts);
}

const asked = (capture: string) =>
  payments.psp.reversals.attempts.filter((one) => one.capture === capture).length;
const reason = 'bank transfer 4711';
const counted = async (result: string) =>
  (await payments.metric(`psp_refunds_total{result="${result}"}`)) ?? 0;

it('a refund that was paid in another way is closed on record, and asked for no more', async () => {
  await owed('pi_closed');
  const before = { closed: await counted('closed'), owed: await counted('came_back') };
  const answer = await close('pi_closed', { reason });
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { capture: 'pi_closed', status: 'paid_otherwise' },
  ]);
  expect(await rowOf('pi_closed')).toMatchObject({
    status: 'paid_otherwise',
    closed_by: 'olga',
    closed_reason: reason,
    closed_at: expect.any(Date),
    refunded_at: null,
  });
  expect(await payments.metric('refunds_open{status="owed"}')).toBe(0);
  const requests = asked('pi_closed');
  payments.psp.reversals.refunding = 'works';
  await look('pi_closed');
  expect(asked('pi_closed')).toBe(requests);
  expect((await rowOf('pi_closed')).status).toBe('paid_otherwise');
  expect(await counted('closed')).toBe(before.closed + 1);
  expect(await counted('came_back')).toBe(before.owed);
  // It is no longer owed, so it cannot be closed by another operator with another reason.
  expect((await close('pi_closed', { reason: 'cash' })).status).toBe(409);
  expect(await rowOf('pi_closed')).toMatchObject({ closed_reason: reason });
});

it('a refund that the PSP makes after it was closed is told: the customer has the money twice', async () => {
  await owed('pi_both');
  const before = await counted('paid_twice');
  await close('pi_both', { reason });
  // The request of a process that was frozen meanwhile.
  const late = { id: 're_late', capture: 'pi_both', key: 'late', status: 'succeeded' };
  payments.psp.reversals.refunds.push(late);
  await look('pi_both');
  await waitUntil('it to be told', async () => (await counted('paid_twice')) === before + 1);
  expect(await rowOf('pi_both')).toMatchObject({ status: 'succeeded', closed_reason: reason });
  // It comes back: the customer was paid, so it is owed no more.
  late.status = 'failed';
  const requests = asked('pi_both');
  await look('pi_both');
  await waitUntil('it to be closed again', async () => {
    return (await rowOf('pi_both')).status === 'paid_otherwise';
  });
  expect(asked('pi_both')).toBe(requests);
});

it('nothing is closed while a refund lives at the PSP, or while the PSP does not answer', async () => {
  await owed('pi_lives');
  const refund = { id: 're_1', capture: 'pi_lives', key: 'k', status: 'pending' };
  payments.psp.reversals.refunds.push(refund);
  const lives = await close('pi_lives', { reason });
  expect([lives.status, await lives.text()]).toEqual([409, expect.stringContaining('lives at')]);
  const { reversals } = payments.psp;
  const answer = reversals.answer.bind(reversals);
  reversals.answer = () => ({ status: 500, body: { error: { type: 'api_error' } } });
  const unknown = await close('pi_lives', { reason }).finally(() => (reversals.answer = answer));
  expect([unknown.status, await unknown.text()]).toEqual([503, expect.stringContaining('the PSP')]);
  expect((await rowOf('pi_lives')).closed_at).toBeNull();
});

it.each([
  ['without a reason', { reason: ' ' }, 400],
  ['with a reason of 501 characters', { reason: 'x'.repeat(501) }, 400],
  ['with a word that it does not know', { reason, amount: 1 }, 400],
])('%s nothing is closed', async (_, body, status) => {
  expect((await close('pi_unknown', body)).status).toBe(status);
});

it('a capture that owes nothing cannot be closed, and a customer closes nothing', async () => {
  expect((await close('pi_unknown', { reason })).status).toBe(409);
  expect((await close('pi%00', { reason })).status).toBe(409);
  expect((await close('pi_unknown', { reason }, 'customer')).status).toBe(403);
});

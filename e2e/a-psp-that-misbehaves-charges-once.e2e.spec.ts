import { waitUntil } from '@effectively-once/testing';
import { captureByHand } from './damage.js';
import { payUntilFinal } from './payments-process.js';
import {
  checkout,
  findings,
  journal,
  newId,
  withFault,
  type Checkout,
} from './system-under-test.js';

const newRequest = (): Checkout & { key: string } => ({
  userId: newId('user'),
  key: newId('key'),
  body: { orderId: newId('order') },
});

afterAll(async () => {
  await expect(findings()).resolves.toEqual([]);
});

it.each(['hang', 'charge_then_hang'])(
  'the PSP does not answer (%s): 202 UNKNOWN, then the same key gets the final answer',
  async (kind) => {
    const request = newRequest();
    const first = await withFault({ target: 'psp', kind, times: 1 }, () => checkout(request));
    expect([first.status, first.json['status']]).toEqual([202, 'UNKNOWN']);
    const final = await payUntilFinal(request);
    expect(final.status).toBe(201);
    expect(final.json['id']).toBe(first.json['id']);
    await expect(chargesOf(first.json['id'])).resolves.toEqual(['captured']);
  },
);

it.each([
  ['late_webhook', { delayMs: 1_000 }],
  ['double_webhook', {}],
])('a webhook that is late or sent twice (%s) changes nothing', async (kind, options) => {
  const fault = { target: 'psp' as const, kind, times: 1, ...options };
  const paid = await withFault(fault, () => checkout(newRequest()));
  expect(paid.status).toBe(201);
  await expect(chargesOf(paid.json['id'])).resolves.toEqual(['captured']);
});

it('the PSP refuses connections: 503, and the same key pays when the PSP is back', async () => {
  const request = newRequest();
  const refused = await withFault({ target: 'psp', kind: 'refuse' }, () => checkout(request));
  expect(refused.status).toBe(503);
  expect(refused.json['type']).toMatch(/\/psp_unavailable$/);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  const paid = await payUntilFinal(request);
  expect(paid.status).toBe(201);
  await expect(chargesOf(paid.json['id'])).resolves.toEqual(['captured']);
});

it('the PSP captures money for a declined payment: payments refunds it', async () => {
  const paymentMethod = 'pm_card_visa_chargeDeclined';
  const request = { ...newRequest(), body: { orderId: newId('order'), paymentMethod } };
  const declined = await checkout(request);
  expect(declined.status).toBe(402);
  const paymentId = String(declined.json['paymentId']);
  await captureByHand({ paymentId, amountMinor: 1299 });
  const refund = await waitUntil('the refund', async () => {
    const charges = await journal('charges', { paymentId });
    return charges.find(({ status }) => status === 'refunded');
  });
  expect(refund['idempotencyKey']).toBe(`refund-${paymentId}`);
  const replay = await checkout(request);
  expect(replay.text).toBe(declined.text);
});

async function chargesOf(paymentId: unknown): Promise<unknown[]> {
  const charges = await journal('charges', { paymentId: String(paymentId) });
  return charges.map(({ status }) => status);
}

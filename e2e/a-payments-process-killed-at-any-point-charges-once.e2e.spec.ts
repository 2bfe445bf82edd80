import { payAndDieAt, payUntilFinal } from './payments-process.js';
import { findings, journal, newId, withFault, type Checkout } from './system-under-test.js';

// The completer passes two of these points too when it finishes a payment of an earlier death, so
// these two come first.
const POINTS = ['after_settle', 'during_psp_call', 'after_claim', 'after_psp_answer'];

const requests = new Map<string, Checkout>();

beforeAll(async () => {
  // Webhooks come too late to help: payments must find the outcome by repeating the PSP request.
  await withFault({ target: 'psp', kind: 'late_webhook', delayMs: 60_000 }, async () => {
    for (const point of POINTS) {
      const request = {
        userId: newId('user'),
        key: newId('key'),
        body: { orderId: newId('order') },
      };
      requests.set(point, request);
      await payAndDieAt(point, request);
    }
    // Inside the fault, so that the webhooks of the completer's charges are late too.
    await Promise.all([...requests.values()].map(payUntilFinal));
  });
});

it.each(POINTS)(
  'killed %s, the client repeats its request with its key: one charge, and a replayed 201',
  async (point) => {
    const answer = await payUntilFinal(requests.get(point) as Checkout);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('idempotent-replayed')).toBe('true');
    const { id, pspReference } = answer.json as { id: string; pspReference: string };
    await expect(journal('charges', { paymentId: id })).resolves.toEqual([
      expect.objectContaining({ id: pspReference, status: 'captured', idempotencyKey: id }),
    ]);
  },
);

it('all stores agree in the end', async () => {
  await expect(findings()).resolves.toEqual([]);
});

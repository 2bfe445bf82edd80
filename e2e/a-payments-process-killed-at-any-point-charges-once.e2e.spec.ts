import { payAndDieAt, payUntilFinal } from './payments-process.js';
import { findings, journal, newId, withFault, type Checkout } from './system-under-test.js';

// Two of these points are also passed by the completer that finishes what an earlier death left open, so
// they come first.
const POINTS = ['after_settle', 'during_psp_call', 'after_claim', 'after_psp_answer'];

const requests = new Map<string, Checkout>();

beforeAll(async () => {
  // The PSP's own word comes too late to help: what happened has to be found out by asking.
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
    // Webhooks of the completer's own charges are late too.
    await Promise.all([...requests.values()].map(payUntilFinal));
  });
});

it.each(POINTS)(
  'killed %s, the client asks again with its key: one charge, and it is told so',
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

it('and every store agrees in the end', async () => {
  await expect(findings()).resolves.toEqual([]);
});

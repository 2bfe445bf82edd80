import { waitUntil } from '@effectively-once/testing';
import { pidOf } from './fault-injection.js';
import { secondPayments, untilFaultIsUsedUp } from './payments-process.js';
import {
  checkout,
  customerToken,
  findings,
  get,
  journal,
  newId,
  withFault,
  type Answer,
} from './system-under-test.js';

interface Frozen {
  userId: string;
  orderId: string;
  answer: Promise<Answer>;
}

it('payments frozen during the PSP call wakes up after another process finalized: it charges nothing and answers the same bytes', async () => {
  const other = await secondPayments();
  const pid = pidOf('payments');
  // The PSP charged the first request and never processed the second.
  const requests = [await stuckAt('charge_then_hang'), await stuckAt('hang')];
  process.kill(pid, 'SIGSTOP');
  const finalized: string[] = [];
  try {
    for (const request of requests) finalized.push(await finalizedBy(other.url, request));
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  for (const [index, { answer }] of requests.entries()) {
    const { status, text, json } = await answer;
    expect(status).toBe(201);
    expect(json['id']).toBe(finalized[index]);
    const stored = await get(
      `${other.url}/v1/payments/${finalized[index]}`,
      await tokenOf(requests[index]),
    );
    expect(json['pspReference']).toBe(stored.json['pspReference']);
    expect(text).toBe(JSON.stringify(stored.json));
    const charges = await journal('charges', { paymentId: String(finalized[index]) });
    expect(charges).toEqual([expect.objectContaining({ status: 'captured' })]);
  }
  await other.leave();
  await expect(findings()).resolves.toEqual([]);
});

const tokenOf = (request: Frozen | undefined) => customerToken(String(request?.userId));

async function stuckAt(kind: 'hang' | 'charge_then_hang'): Promise<Frozen> {
  const [userId, orderId] = [newId('user'), newId('order')];
  return await withFault({ target: 'psp', kind, times: 1 }, async () => {
    const answer = checkout({ userId, body: { orderId } });
    await untilFaultIsUsedUp();
    return { userId, orderId, answer };
  });
}

async function finalizedBy(url: string, { userId, orderId }: Frozen): Promise<string> {
  const token = await customerToken(userId);
  return await waitUntil('the other process to finalize the payment', async () => {
    const { json } = await get(`${url}/v1/payments?orderId=${orderId}`, token);
    const [payment] = json['items'] as { id: string; status: string }[];
    return payment?.status === 'COMPLETED' ? payment.id : undefined;
  });
}

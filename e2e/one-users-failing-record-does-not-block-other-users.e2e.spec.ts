import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { readTopic } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { consumerUrl, deadLetters, everythingIsSettled, metric } from './fault-injection.js';
import { at, checkout, findings, journal, newId, withFault } from './system-under-test.js';

// Enough that some of them share the troubled user's partition (one of six).
const OTHERS = 60;

it("others are mailed while one user's address is put off, whose own receipts keep their order", async () => {
  const before = await deadLetters();
  const troubled = newId('user');
  const others = Array.from({ length: OTHERS }, () => newId('user'));
  const fault = { target: 'smtp', kind: '451', address: `${troubled}@example.com` } as const;
  const own = await withFault(fault, async () => {
    const first = await pay(troubled);
    await waitUntil('the lane to be parked', async () => (await parkedLanes()) > 0);
    const second = await pay(troubled);
    const theirs = await Promise.all(others.map(pay));
    await waitUntil('the receipts of the others', async () => includesAll(await mailed(), theirs));
    return [first, second];
  });
  // It had attempts left after all the others were mailed: nobody waited for it to be settled.
  await waitUntil('the receipts of the troubled', async () => includesAll(await mailed(), own));
  expect((await mailed()).slice(-2)).toEqual(own);
  await expect(sharePartition(troubled, others)).resolves.toBe(true);
  await everythingIsSettled();
  await expect(findings()).resolves.toEqual([]);
  await expect(deadLetters()).resolves.toBe(before);
});

/** In the provider's own order. */
const mailed = async () => (await journal('mails')).map(({ paymentId }) => paymentId as string);
const includesAll = (all: string[], some: string[]) => some.every((one) => all.includes(one));

async function pay(userId: string): Promise<string> {
  const paid = await checkout({ userId });
  expect(paid.status).toBe(201);
  return paid.json['id'] as string;
}

const parkedLanes = () => metric(consumerUrl('email'), 'delivery_parked_keys');

/** Whether one of the others' payments lay behind the troubled user's in the same partition. */
async function sharePartition(troubled: string, others: string[]): Promise<boolean> {
  const partitionOf = new Map<string, number>();
  const topic = PAYMENT_COMPLETED;
  for await (const { key, partition } of readTopic({
    brokers: at.KAFKA_BROKERS,
    clientId: 'e2e',
    topic,
  })) {
    partitionOf.set(key?.toString() ?? '', partition);
  }
  const its = partitionOf.get(troubled);
  return its !== undefined && others.some((other) => partitionOf.get(other) === its);
}

import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { readTopic } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { consumerUrl, deadLetters, untilDrained, metric } from './fault-injection.js';
import { at, findings, journal, newId, pay, withFault } from './system-under-test.js';

// Enough users that some share the partition (one of six) of the failing user.
const OTHERS = 60;

it("other users get receipts while one user's address is deferred, whose receipts keep their order", async () => {
  const before = await deadLetters();
  const failing = newId('user');
  const others = Array.from({ length: OTHERS }, () => newId('user'));
  const fault = { target: 'smtp', kind: '451', address: `${failing}@example.com` } as const;
  const own = await withFault(fault, async () => {
    const first = await pay(failing);
    await waitUntil('the lane to be parked', async () => (await parkedLanes()) > 0);
    const second = await pay(failing);
    const theirs = await Promise.all(others.map(pay));
    await waitUntil('the receipts of the others', async () => includesAll(await mailed(), theirs));
    return [first, second];
  });
  // The first record still had attempts left when all others were mailed: none of them waited for
  // it.
  await waitUntil('the receipts of the failing user', async () => includesAll(await mailed(), own));
  expect((await mailed()).slice(-2)).toEqual(own);
  await expect(sharePartition(failing, others)).resolves.toBe(true);
  await untilDrained();
  await expect(findings()).resolves.toEqual([]);
  await expect(deadLetters()).resolves.toBe(before);
});

/** The mailed payments in the order of the provider's journal. */
const mailed = async () => (await journal('mails')).map(({ paymentId }) => paymentId as string);
const includesAll = (all: string[], some: string[]) => some.every((one) => all.includes(one));

const parkedLanes = () => metric(consumerUrl('email'), 'delivery_parked_keys');

/**
 * Whether another user's payment is in the partition of the failing user: else the test proves
 * nothing.
 */
async function sharePartition(failing: string, others: string[]): Promise<boolean> {
  const partitionOf = new Map<string, number>();
  const topic = PAYMENT_COMPLETED;
  for await (const { key, partition } of readTopic({
    brokers: at.KAFKA_BROKERS,
    clientId: 'e2e',
    topic,
  })) {
    partitionOf.set(key?.toString() ?? '', partition);
  }
  const its = partitionOf.get(failing);
  return its !== undefined && others.some((other) => partitionOf.get(other) === its);
}

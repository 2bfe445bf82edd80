import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { readTopic } from '@effectively-once/kafka';
import { withProxyFaults, untilDrained } from '../fault-injection.js';
import { operatorGet } from '../operator.js';
import { at, findings, newId, pay, receiptOf, withFault } from '../system-under-test.js';
import { expectGood } from './accessible.js';
import { describeInBrowser, operatorPage, useBrowser } from './browser.js';

const connection = { brokers: at.KAFKA_BROKERS, clientId: 'e2e' };

/** Email runs in several processes, and the page shows the one that answers. */
async function userOfTheShownProcess(): Promise<string> {
  const { items } = await operatorGet<ConsumerStates>('/api/consumers');
  const email = items.find(({ name }) => name === 'email')?.report;
  const own = new Set(
    email?.partitions
      .filter(({ topic }) => topic === PAYMENT_COMPLETED)
      .map((one) => one.partition),
  );
  for (;;) {
    const user = newId('user');
    const paymentId = await pay(user);
    await receiptOf(paymentId);
    for await (const { key, partition } of readTopic({ ...connection, topic: PAYMENT_COMPLETED })) {
      if (key?.toString() === user && own.has(partition)) return user;
    }
  }
}

interface ConsumerStates {
  items: { name: string; report: { partitions: { topic: string; partition: number }[] } | null }[];
}

describeInBrowser('the page of consumers', () => {
  useBrowser();
  afterAll(async () => await expect(findings()).resolves.toEqual([]));

  it('names the key that blocks, its attempt, and when it is tried again', async () => {
    const user = await userOfTheShownProcess();
    const page = await operatorPage('/consumers');
    const email = page.locator('[data-consumer=email]');
    const fault = { target: 'smtp', kind: '451', address: `${user}@example.com` } as const;
    const paid = await withFault(fault, async () => {
      const first = await pay(user);
      const lane = email.locator(`[data-lane="${user}"][data-parked=true]`);
      await lane.getByText(/attempt [1-4] of 5 · \w+ · next (in \d+ s|now)/).waitFor();
      await lane.getByText('holds the watermark').waitFor();
      await lane.locator(`a[href="/payments/${first}"]`).waitFor();
      const second = await pay(user);
      await lane.getByText('1 more wait behind it').waitFor();
      await expectGood(page, 'a parked lane');
      return [first, second];
    });
    for (const id of paid) await receiptOf(id);
    await email.locator(`[data-lane="${user}"]`).waitFor({ state: 'detached' });
  });

  it('shows an open circuit with its next probe, and that it has closed', async () => {
    const user = await userOfTheShownProcess();
    const page = await operatorPage('/consumers');
    const circuit = page.locator('[data-consumer=email] [data-circuit=redis]');
    const paymentId = await withProxyFaults({ redis: 'refuse' }, async () => {
      const id = await pay(user);
      await circuit.getByText(/since \d+ (s|min), next probe (in \d+ s|now)/).waitFor();
      await expectGood(page, 'an open circuit');
      return id;
    });
    await receiptOf(paymentId);
    await circuit.and(page.locator('[data-state=closed]')).waitFor();
    await untilDrained();
  });
});

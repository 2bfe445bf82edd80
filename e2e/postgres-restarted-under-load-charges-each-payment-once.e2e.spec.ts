import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@effectively-once/testing';
import { pidOf } from './fault-injection.js';
import { isFinal } from './payments-process.js';
import { checkout, findings, journal, newId, type Answer } from './system-under-test.js';

const PER_SECOND = 20;
const RETRY_MS = 250;

/** The only interim answers that a client may get while the database is away. */
const ALLOWED = ['temporarily_unavailable', 'idempotency_in_flight', '202'];

// SIGINT is a deploy (PostgreSQL disconnects its clients and shuts down cleanly), SIGKILL a power
// cut.
it.each(['SIGINT', 'SIGKILL'] as const)(
  'PostgreSQL ended by %s under load: clear answers, each payment charged once, no help needed',
  async (signal) => {
    const payments: Promise<Answer[]>[] = [];
    let isRunning = true;
    const offering = (async () => {
      while (isRunning) {
        payments.push(payUntilFinal());
        await sleep(1_000 / PER_SECOND);
      }
    })();
    await waitUntil('the first payments', () => payments.length > PER_SECOND || undefined);
    const pid = pidOf('postgres');
    const paymentsPid = pidOf('payments');
    process.kill(pid, signal);
    await waitUntil('the restarted PostgreSQL', () => pidOf('postgres') !== pid || undefined);
    const paid = await checkoutWorksAgain();
    isRunning = false;
    await offering;

    const answers = await Promise.all(payments);
    const interim = answers.flatMap((received) => received.slice(0, -1)).map(problemOrStatus);
    expect(interim).toContain('temporarily_unavailable');
    expect([...new Set(interim)].filter((answer) => !ALLOWED.includes(answer))).toEqual([]);
    for (const received of [...answers, [paid]]) {
      const last = received.at(-1);
      expect([last?.status, last?.text]).toEqual([201, expect.any(String)]);
      const paymentId = String(last?.json['id']);
      await expect(journal('charges', { paymentId })).resolves.toHaveLength(1);
    }
    await expect(findings()).resolves.toEqual([]);
    // Payments waited for the database; it did not exit.
    expect(pidOf('payments')).toBe(paymentsPid);
  },
);

async function checkoutWorksAgain(): Promise<Answer> {
  return await waitUntil('a payment to go through at its first try', async () => {
    const answer = await checkout({ userId: newId('user') });
    return answer.status === 201 ? answer : undefined;
  });
}

/** All answers that the client got, the final one last. */
async function payUntilFinal(): Promise<Answer[]> {
  const request = { userId: newId('user'), key: newId('key'), body: { orderId: newId('order') } };
  const answers: Answer[] = [];
  await waitUntil('a final answer', async () => {
    const answer = await checkout(request);
    answers.push(answer);
    if (!isFinal(answer)) await sleep(RETRY_MS);
    return isFinal(answer) || undefined;
  });
  return answers;
}

const problemOrStatus = ({ status, json }: Answer) => {
  const type = json['type'];
  return typeof type === 'string' ? (type.split('/').at(-1) ?? '') : String(status);
};

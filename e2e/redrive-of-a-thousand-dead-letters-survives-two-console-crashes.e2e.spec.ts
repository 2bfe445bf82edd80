import { jest } from '@jest/globals';
import { waitUntil } from '@effectively-once/testing';
import { untilDrained } from './fault-injection.js';
import { consoleDiesAt, dlq, dlqJson, letterOf, operatorGet, statesOf } from './operator.js';
import { checkout, findings, journal, newId, withFault } from './system-under-test.js';

jest.setTimeout(240_000);

const LETTERS = 1_000;
const USERS = 40;
const AT_ONCE = 10;
const WAIT_MAX_MS = 120_000;

interface Action {
  id: string;
  count: number;
  done: number;
  givenBack: number;
  finishedAt: string | null;
}

it('1,000 dead letters are redriven, the console is killed twice: each receipt is mailed once', async () => {
  const before = await statesOf('email');
  const address = `${newId('full-mailbox')}@example.com`;
  const paid = await withFault({ target: 'smtp', kind: '550', address }, async () => {
    const ids = await payAll(LETTERS, address);
    await waitUntil(
      'a dead letter of each',
      async () => (await statesOf('email')).pending >= before.pending + LETTERS,
      WAIT_MAX_MS,
    );
    return ids;
  });
  await expect(journal('mails', { address })).resolves.toEqual([]);

  // Pending dead letters of other stories are redriven too.
  const max = ['--max', String(before.pending + LETTERS)];
  const redriving = dlqJson<{ count: number; action: Action }>('redrive', 'email', ...max);
  for (const out of [250, 550]) {
    await waitUntil(`${out} to be redriven`, async () => (await latestAction()).done >= out);
    await consoleDiesAt('after_produce_before_mark');
  }
  const { count, action } = await redriving;
  expect(count).toBeGreaterThanOrEqual(LETTERS);
  expect(action).toMatchObject({ count, done: count, givenBack: 0 });

  await untilDrained();
  const mailed = (await journal('mails', { address })).map(({ paymentId }) => String(paymentId));
  expect(mailed.sort()).toEqual(paid.sort());
  const after = await statesOf('email');
  expect(after).toMatchObject({
    redriven: before.redriven + count,
    discarded: before.discarded,
  });
  await expect(findings()).resolves.toEqual([]);
});

it('a console killed before it answers a redrive completes it after the restart, once', async () => {
  const address = `${newId('full-mailbox')}@example.com`;
  const [paymentId = ''] = await withFault({ target: 'smtp', kind: '550', address }, async () => {
    const ids = await payAll(1, address);
    await letterOf('email', ids[0] ?? '');
    return ids;
  });
  const { id } = await letterOf('email', paymentId);
  const died = consoleDiesAt('after_action_recorded');
  const unanswered = await dlq('redrive', 'email', id);
  await died;
  expect(unanswered).toMatchObject({
    code: 2,
    err: expect.stringContaining('closed the connection before it answered'),
  });
  // The operator repeats the command, as its help allows.
  const again = await waitUntil('a console that answers', async () => {
    const answer = await dlq('redrive', 'email', id);
    return answer.code === 1 ? answer : undefined;
  });
  expect(again.err).toMatch(/Nothing was done: .*\((redriven|in_action)\)/);
  await waitUntil('the receipt', async () => (await journal('mails', { address })).length > 0);
  await untilDrained();
  await expect(journal('mails', { address })).resolves.toHaveLength(1);
  await expect(findings()).resolves.toEqual([]);
});

async function latestAction(): Promise<Action> {
  const { items } = await operatorGet<{ items: Action[] }>('/api/dlq/actions?limit=1');
  if (!items[0]) throw new Error('no operator action is recorded yet');
  return items[0];
}

/** Makes payments whose receipts all go to one address. */
async function payAll(count: number, email: string): Promise<string[]> {
  const users = Array.from({ length: Math.min(USERS, count) }, () => newId('user'));
  const ids: string[] = [];
  let begun = 0;
  const buyer = async () => {
    while (begun < count) {
      const userId = users[begun++ % users.length] as string;
      const { status, text, json } = await checkout({ userId, email });
      if (status !== 201) throw new Error(`a payment was answered with ${status}: ${text}`);
      ids.push(String(json['id']));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, buyer));
  return ids;
}

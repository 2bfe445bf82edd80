import { waitUntil } from '@effectively-once/testing';
import { jest } from '@jest/globals';
import { consumerUrl, deadLetters, metric, untilDrained } from './fault-injection.js';
import { dlqJson, letterOf } from './operator.js';
import { findings, newId, pay, receiptOf, withFault } from './system-under-test.js';

jest.setTimeout(240_000);

const smtpCircuit = () => metric(consumerUrl('email'), 'circuit_state', { dependency: 'smtp' });

/** The mail server answers 451 for the addresses of these users, until the faults are deleted. */
async function refusing<Result>(
  [userId, ...others]: string[],
  during: () => Promise<Result>,
): Promise<Result> {
  if (userId === undefined) return await during();
  const fault = { target: 'smtp', kind: '451', address: `${userId}@example.com` } as const;
  return await withFault(fault, async () => await refusing(others, during));
}

it('451 for three mailboxes in a quiet moment: others get their receipts, the three are dead-lettered', async () => {
  const unlucky = [newId('user'), newId('user'), newId('user')];
  const refused = await refusing(unlucky, async () => {
    const paymentIds = await Promise.all(unlucky.map(pay));
    // Nothing else is mailed, so the three refusals look like an outage.
    await waitUntil('the circuit to open', async () => (await smtpCircuit()) > 0);
    const healthy = await Promise.all(Array.from({ length: 10 }, () => pay(newId('user'))));
    await Promise.all(healthy.map(receiptOf));
    // A receipt was accepted between, so the three refusals count as attempts again.
    const letters = await Promise.all(paymentIds.map((id) => letterOf('email', id)));
    expect(new Set(letters.map(({ errorName }) => errorName))).toEqual(new Set(['RefusedForNow']));
    await waitUntil('the circuit to close', async () => (await smtpCircuit()) === 0);
    // A later receipt of a bad mailbox cannot open the circuit alone.
    await Promise.all(
      [pay(newId('user')), pay(newId('user'))].map(async (id) => receiptOf(await id)),
    );
    return letters;
  });
  await dlqJson('redrive', 'email', ...refused.map(({ id }) => id));
  await untilDrained();
  for (const { paymentId } of refused) await receiptOf(paymentId ?? '');
  await expect(findings()).resolves.toEqual([]);
});

it('554 5.7.1 for every mailbox is a block of everything we send: it makes no dead letter', async () => {
  const before = await deadLetters();
  const paymentIds = await withFault(
    { target: 'smtp', kind: '550', code: '554 5.7.1' },
    async () => {
      const paid = await Promise.all(Array.from({ length: 5 }, () => pay(newId('user'))));
      await waitUntil('the circuit to open', async () => (await smtpCircuit()) > 0);
      return paid;
    },
  );
  await Promise.all(paymentIds.map(receiptOf));
  await waitUntil('the circuit to close', async () => (await smtpCircuit()) === 0);
  await untilDrained();
  await expect(deadLetters()).resolves.toBe(before);
  await expect(findings()).resolves.toEqual([]);
});

it('554 5.7.1 for one mailbox is its own: it is dead-lettered, and others get their receipts', async () => {
  const unlucky = newId('user');
  const fault = {
    target: 'smtp',
    kind: '550',
    code: '554 5.7.1',
    address: `${unlucky}@example.com`,
  } as const;
  const letter = await withFault(fault, async () => {
    const paymentId = await pay(unlucky);
    await receiptOf(await pay(newId('user')));
    return await letterOf('email', paymentId);
  });
  expect(letter).toMatchObject({ errorName: 'RecipientRefused', state: 'pending' });
  await dlqJson('redrive', 'email', letter.id);
  await receiptOf(letter.paymentId ?? '');
  await untilDrained();
  await expect(findings()).resolves.toEqual([]);
});

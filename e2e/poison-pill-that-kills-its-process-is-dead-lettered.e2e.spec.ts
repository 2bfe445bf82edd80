import { existsSync } from 'node:fs';
import { deadLetterTopic } from '@effectively-once/contracts';
import { headerTexts, readTopic } from '@effectively-once/kafka';
import { armFailurePoint, waitUntil, type FaultTargets } from '@effectively-once/testing';
import { at, customerToken, findings, get, newId, pay } from './system-under-test.js';

const stack = at as typeof at & FaultTargets;
// After two unexplained deaths the consumer runs records one by one. Three deaths in that serial
// mode are caused by the record.
const DEATHS = 2 + 3;

it('is dead-lettered after three deaths in serial mode, and its user continues', async () => {
  const userId = newId('user');
  let token = armedToken();
  const paid = await pay(userId);
  for (let death = 1; death < DEATHS; death += 1) {
    await waitUntil(`death ${death}`, () => !existsSync(token));
    token = armedToken();
  }
  await waitUntil('the last death', () => !existsSync(token));
  const letter = await waitUntil('the dead letter', () => deadLetterOf(userId));
  expect(headerTexts(letter)).toMatchObject({
    dlq_error_class: 'poison',
    dlq_error_name: 'KillsItsProcess',
    ce_subject: paid,
  });

  const next = await pay(userId);
  const url = `http://127.0.0.1:${at.LOYALTY_PORT}/v1/users/${userId}/points`;
  await waitUntil('the points of the next payment', async () => {
    const { json } = await get(url, await customerToken(userId));
    const entries = json['entries'] as { paymentId: string }[];
    return entries.length === 1 && entries[0]?.paymentId === next;
  });
  await expect(findings()).resolves.toEqual([]);
});

const armedToken = () => armFailurePoint(stack, 'loyalty', 'after_decode');

async function deadLetterOf(userId: string) {
  const topic = deadLetterTopic('loyalty');
  for await (const record of readTopic({ brokers: at.KAFKA_BROKERS, clientId: 'e2e', topic })) {
    if (record.key?.toString('utf8') === userId) return record;
  }
  return undefined;
}

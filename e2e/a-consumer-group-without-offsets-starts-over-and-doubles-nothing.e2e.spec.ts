import { CONSUMERS, PAYMENT_COMPLETED, redriveTopic } from '@effectively-once/contracts';
import { committedOffsets, readGroupState } from '@effectively-once/kafka';
import { askSupervisor } from '@effectively-once/scenarios/supervisor/control-client';
import { waitUntil } from '@effectively-once/testing';
import { jest } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { consumerUrl, metric, untilDrained } from './fault-injection.js';
import { at, findings, journal, newId, pay } from './system-under-test.js';

/*
 * Kafka forgets the offsets of a group that has had no member for seven days
 * (offsets.retention.minutes), and when an operator deletes the group. The consumers then begin at
 * the first record of their topics.
 */

// Each consumer is stopped and started.
jest.setTimeout(240_000);

const PAYMENTS = 24;
const START_AGAIN_AFTER_MS = 60_000;
const kafka = { brokers: at.KAFKA_BROKERS, clientId: 'e2e' };
const socket = String(at['CONTROL_SOCKET']);
const admin = new Kafka({ ...kafka, logLevel: logLevel.NOTHING }).admin();

beforeAll(() => admin.connect());
afterAll(() => admin.disconnect());

it.each(CONSUMERS)(
  'the group of %s is deleted: what the topic has is redelivered, and all of it is absorbed',
  async (consumer) => {
    const before = await paidAndDrained();
    const topics = [PAYMENT_COMPLETED, redriveTopic(consumer)];
    await askSupervisor(socket, {
      command: 'stop',
      name: consumer,
      startAgainAfterMs: START_AGAIN_AFTER_MS,
    });
    // A payment that comes while the group has no offsets must not be skipped either.
    const meanwhile = await pay(newId('user'));
    await waitUntil(`${consumer} to leave its group`, async () => {
      const { members } = await readGroupState({ ...kafka, groupId: consumer, topics });
      return members.length === 0;
    });
    await admin.deleteGroups([consumer]);
    const forgotten = await committedOffsets({ ...kafka, groupId: consumer, topics });
    expect([...(forgotten.get(PAYMENT_COMPLETED)?.values() ?? [])].every((at) => at < 0n)).toBe(
      true,
    );
    await askSupervisor(socket, { command: 'start', name: consumer });
    await untilDrained();
    const absorbed = { consumer, outcome: 'duplicate' };
    const duplicates = () => metric(consumerUrl(consumer), 'delivery_records_total', absorbed);
    expect(await duplicates()).toBeGreaterThanOrEqual(PAYMENTS);
    for (const paymentId of [...before, meanwhile]) {
      await expect(journal('mails', { paymentId })).resolves.toHaveLength(1);
    }
    await expect(findings()).resolves.toEqual([]);
  },
);

async function paidAndDrained(): Promise<string[]> {
  const paid = await Promise.all(Array.from({ length: PAYMENTS }, () => pay(newId('user'))));
  await untilDrained();
  return paid;
}

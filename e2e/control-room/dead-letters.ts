import { randomUUID } from 'node:crypto';
import {
  CE_HEADERS,
  deadLetterTopic,
  DLQ_HEADERS,
  PAYMENT_COMPLETED,
  type ConsumerName,
} from '@effectively-once/contracts';
import { headerTexts, readTopic, RecordProducer, type KafkaRecord } from '@effectively-once/kafka';
import type { Page } from 'playwright-core';
import { letterOf, lettersOf } from '../operator.js';
import { decide } from '../pager.js';
import { at, checkout, newId, withFault } from '../system-under-test.js';

/** Dead letters for the page to decide about, and what an operator does there. */

/** The receipts of these users are refused for good: one dead letter for each payment. */
export async function refusedReceipts(
  users: string[],
): Promise<{ address: string; ids: string[] }> {
  const address = `${newId('refused')}@example.com`;
  const ids = await withFault({ target: 'smtp', kind: '550', address }, async () => {
    const made: string[] = [];
    for (const userId of users) {
      const { status, text, json } = await checkout({ userId, email: address });
      if (status !== 201) throw new Error(`a payment was answered with ${status}: ${text}`);
      made.push(String(json['id']));
    }
    for (const id of made) await letterOf('email', id);
    return made;
  });
  return { address, ids };
}

/** The event of this payment once more, as a dead letter of email. */
export async function writeEventAsDeadLetter(paymentId: string): Promise<void> {
  const { key, value, headers, partition, offset } = await eventOf(paymentId);
  await writeDeadLetter(paymentId, {
    key: key ?? Buffer.alloc(0),
    value: value ?? Buffer.alloc(0),
    headers: {
      ...headerTexts({ headers }),
      [DLQ_HEADERS.originalPartition]: String(partition),
      [DLQ_HEADERS.originalOffset]: String(offset),
    },
  });
}

async function eventOf(paymentId: string): Promise<KafkaRecord> {
  const published = { brokers: at.KAFKA_BROKERS, clientId: 'e2e', topic: PAYMENT_COMPLETED };
  for await (const record of readTopic(published)) {
    if (String(record.headers[CE_HEADERS.subject]) === paymentId) return record;
  }
  throw new Error(`${paymentId} is not in the topic`);
}

/** A dead letter of email that was written by hand, about any payment. */
export async function writeDeadLetter(
  paymentId: string,
  { value, key, headers = {} }: Partial<HandMade> = {},
): Promise<void> {
  await produce('email', {
    key: key ?? Buffer.from(newId('user')),
    value: value ?? Buffer.from('not what the consumer reads'),
    headers: {
      [CE_HEADERS.id]: randomUUID(),
      [CE_HEADERS.subject]: paymentId,
      [DLQ_HEADERS.originalTopic]: PAYMENT_COMPLETED,
      [DLQ_HEADERS.originalPartition]: '0',
      // Beyond every real record, so that it is a dead letter of its own.
      [DLQ_HEADERS.originalOffset]: String(10 ** 15 + Math.floor(Math.random() * 10 ** 12)),
      [DLQ_HEADERS.consumer]: 'email',
      [DLQ_HEADERS.errorClass]: 'permanent',
      [DLQ_HEADERS.errorName]: 'RecipientRefused',
      [DLQ_HEADERS.errorMessage]: 'written by a test',
      [DLQ_HEADERS.attempts]: '1',
      [DLQ_HEADERS.deadLetteredAt]: new Date().toISOString(),
      [DLQ_HEADERS.redriveCount]: '0',
      ...headers,
    },
  });
  await letterOf('email', paymentId);
}

interface HandMade {
  key: Buffer;
  value: Buffer;
  headers: Record<string, string>;
}

async function produce(consumer: ConsumerName, record: HandMade): Promise<void> {
  const producer = new RecordProducer({ brokers: at.KAFKA_BROKERS, clientId: 'e2e' });
  await producer.connect();
  try {
    await producer.send({ topic: deadLetterTopic(consumer), ...record });
  } finally {
    await producer.disconnect();
  }
}

/** Dead letters of other stories would be counted, too. */
export async function discardPending(consumer: ConsumerName): Promise<void> {
  const pending = (await lettersOf(consumer)).filter(({ state }) => state === 'pending');
  const ids = pending.map(({ id }) => id);
  if (ids.length > 0) await decide(consumer, 'discard', { ids, reason: 'of another story' });
}

/** What the dry run says, by name; a count that it does not show is left out. */
export async function forecastOn(page: Page): Promise<Record<string, number>> {
  await page.locator('.forecast').waitFor();
  const counts = await page.locator('[data-forecast]').all();
  const entries = counts.map(async (each) => [
    (await each.getAttribute('data-forecast')) ?? '',
    Number(await each.getAttribute('data-value')),
  ]);
  return Object.fromEntries((await Promise.all(entries)) as [string, number][]);
}

export const countInput = (page: Page, count: number) =>
  page.getByLabel(`Type ${count} to redrive`);

/** Waits until the action that is shown has finished. @returns its words. */
export async function finishedAction(page: Page): Promise<string> {
  const progress = page.locator('[data-finished=true]');
  await progress.waitFor({ timeout: 60_000 });
  return (await progress.textContent()) ?? '';
}

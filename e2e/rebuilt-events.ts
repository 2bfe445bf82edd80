import { createHash } from 'node:crypto';
import { CE_HEADERS, redriveTopic, type ConsumerName } from '@effectively-once/contracts';
import { headerTexts, readTopic } from '@effectively-once/kafka';
import { rebuiltEventId } from '../tools/replay/from-payments/event-id.js';
import { sql } from './damage.js';
import { at } from './system-under-test.js';

export interface RebuiltEvent {
  paymentId: string;
  id: string;
  valueMd5: string;
}

/** The events that the transactions of these payments wrote, each with the id of its replay. */
export async function outboxEvents(paymentIds: string[]): Promise<RebuiltEvent[]> {
  const rows = await sql<{ subject: string; md5: string }>(
    'payments',
    `SELECT subject, md5(convert_to(payload, 'UTF8')) AS md5 FROM payments.outbox
      WHERE subject = ANY ($1) ORDER BY subject`,
    [paymentIds],
  );
  return rows.map(({ subject, md5 }) => ({
    paymentId: subject,
    id: rebuiltEventId(subject),
    valueMd5: md5,
  }));
}

/** Those of these payments in the redrive topic, without repetitions. */
export async function rebuiltEvents(
  consumer: ConsumerName,
  paymentIds: string[],
): Promise<RebuiltEvent[]> {
  const kafka = { brokers: at.KAFKA_BROKERS, clientId: 'e2e' };
  const rows = new Map<string, RebuiltEvent>();
  for await (const record of readTopic({ ...kafka, topic: redriveTopic(consumer) })) {
    const headers = headerTexts(record);
    const paymentId = headers[CE_HEADERS.subject] ?? '';
    if (!paymentIds.includes(paymentId)) continue;
    const valueMd5 = createHash('md5')
      .update(record.value ?? '')
      .digest('hex');
    const row = { paymentId, id: headers[CE_HEADERS.id] ?? '', valueMd5 };
    rows.set(JSON.stringify(row), row);
  }
  return [...rows.values()].sort((a, b) => (a.paymentId < b.paymentId ? -1 : 1));
}

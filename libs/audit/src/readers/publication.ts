import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CE_HEADERS, PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { headerTexts, readTopic, type KafkaRecord } from '@effectively-once/delivery';
import type { OutboxRow, PublishedRecord } from '../evidence.js';

// The connector confirms at its next heartbeat (5 s) and offset flush (1 s).
const SLOT_WAIT_MAX_MS = 10_000;
const SLOT_POLL_MS = 500;

/**
 * Reads payment.completed. Rows that are not in it yet get a few seconds: until they come, or until the
 * slot has passed them, after which they will not come any more.
 */
export async function readPublication(options: {
  brokers: string[];
  rows: OutboxRow[];
  hasSlotPassed: () => Promise<boolean>;
}): Promise<{ published: PublishedRecord[]; slotPassedSnapshot: boolean }> {
  const deadlineMs = Date.now() + SLOT_WAIT_MAX_MS;
  for (;;) {
    // Asked before the topic is read: whatever the slot has confirmed by now is in what we read next.
    const slotPassedSnapshot = await options.hasSlotPassed();
    const published = await readPublished(options.brokers);
    const eventIds = new Set(published.map(({ eventId }) => eventId));
    const isComplete = options.rows.every(({ eventId }) => eventIds.has(eventId));
    if (isComplete || slotPassedSnapshot || Date.now() > deadlineMs) {
      return { published, slotPassedSnapshot };
    }
    await sleep(SLOT_POLL_MS);
  }
}

async function readPublished(brokers: string[]): Promise<PublishedRecord[]> {
  const published: PublishedRecord[] = [];
  for await (const record of readTopic({
    brokers,
    clientId: 'auditor',
    topic: PAYMENT_COMPLETED,
  })) {
    published.push(describe(record));
  }
  return published;
}

function describe(record: KafkaRecord): PublishedRecord {
  const headers = headerTexts(record);
  const occurredAtMs = Date.parse(headers[CE_HEADERS.time] ?? '');
  return {
    partition: record.partition,
    offset: record.offset,
    eventId: headers[CE_HEADERS.id],
    paymentId: headers[CE_HEADERS.subject],
    // Kafka's timestamp is that of the latest publication: a row published again after the loss of a
    // slot would look younger than its row. Only a record without ce_time is judged by it.
    occurredAtMs: Number.isNaN(occurredAtMs) ? record.timestampMs : occurredAtMs,
    valueMd5: createHash('md5')
      .update(record.value ?? '')
      .digest('hex'),
  };
}

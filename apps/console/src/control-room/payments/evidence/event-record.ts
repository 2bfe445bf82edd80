import type { OnePaymentFacts } from '@effectively-once/audit';
import { CE_HEADERS, PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { headerTexts, type KafkaRecord } from '@effectively-once/kafka';
import type { PaymentEvidence } from '../../wire/evidence.js';

/** ISO 8601 in UTC. null for what was not recorded, and for a number that is no date. */
export function isoOf(ms: number | null | undefined): string | null {
  const time = new Date(ms ?? NaN);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/**
 * The first record of the payment's event. A copy that the connector published again has a higher
 * offset. While the outbox has the row, only its event id counts: another record is a foreign one.
 */
export function eventRecord({ topics, outboxRows }: OnePaymentFacts): KafkaRecord | undefined {
  const records = topics?.get(PAYMENT_COMPLETED)?.records ?? [];
  const eventIds = outboxRows.map(({ eventId }) => eventId);
  return (
    records.find((record) => eventIds.includes(headerTexts(record)[CE_HEADERS.id] ?? '')) ??
    (eventIds.length === 0 ? records[0] : undefined)
  );
}

/** The event's bytes as the topic holds them. */
export function shownEvent(facts: OnePaymentFacts): PaymentEvidence['event'] {
  const record = eventRecord(facts);
  if (!record) return null;
  const headers = Object.entries(headerTexts(record)).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return {
    headers: Object.fromEntries(headers),
    valueBase64: record.value?.toString('base64') ?? '',
  };
}

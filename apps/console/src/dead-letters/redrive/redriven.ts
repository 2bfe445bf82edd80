import { DLQ_HEADERS } from '@effectively-once/contracts';
import { headerTexts, type KafkaRecord } from '@effectively-once/kafka';
import type { Identity } from '../ingest/parsed-dead-letter.js';

/**
 * The loop guard refuses another redrive after this number. Then the operator has to find the
 * cause.
 */
export const REDRIVES_MAX = 3;

/**
 * The record for the redrive topic: the same key, value bytes and headers. So it has the same event
 * id, and the idempotency strategy recognises it. The redrive count is one higher. If the record is
 * dead-lettered again, the count makes it a new dead letter.
 */
export function redriven(record: KafkaRecord, identity: Identity) {
  return {
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      [DLQ_HEADERS.originalTopic]: identity.originalTopic,
      [DLQ_HEADERS.originalPartition]: String(identity.originalPartition),
      [DLQ_HEADERS.originalOffset]: identity.originalOffset,
      [DLQ_HEADERS.redriveCount]: String(identity.redriveCount + 1),
    },
  };
}

/** The same from the original record of a cut dead letter. It has no headers of a dead letter. */
export function redrivenOriginal(original: KafkaRecord, identity: Identity) {
  const timestamp = { [DLQ_HEADERS.originalTimestamp]: Buffer.from(String(original.timestampMs)) };
  return redriven({ ...original, headers: { ...original.headers, ...timestamp } }, identity);
}

/**
 * Whether this is the record that the dead letter was cut from. If its topic was created again,
 * another record has its offset.
 */
export function isOriginalOf(letter: KafkaRecord, original: KafkaRecord): boolean {
  const headers = headerTexts(letter);
  const bytes = original.value ?? Buffer.alloc(0);
  return (
    headers[DLQ_HEADERS.originalTimestamp] === String(original.timestampMs) &&
    headers[DLQ_HEADERS.valueCut] === String(bytes.length) &&
    startsWith(original.key, letter.key) &&
    startsWith(original.value, letter.value)
  );
}

function startsWith(whole: Buffer | null, first: Buffer | null): boolean {
  if (whole === null || first === null) return whole === first;
  return whole.subarray(0, first.length).equals(first);
}

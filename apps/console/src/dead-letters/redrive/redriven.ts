import { DLQ_HEADERS } from '@effectively-once/contracts';
import type { KafkaRecord } from '@effectively-once/kafka';
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

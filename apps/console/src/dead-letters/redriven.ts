import { DLQ_HEADERS } from '@effectively-once/contracts';
import type { KafkaRecord } from '@effectively-once/kafka';
import type { Identity } from './parsed.js';

/** A dead letter that was redriven this often is refused: what fails a fourth time needs a person. */
export const REDRIVES_MAX = 3;

/**
 * The record on its next way: same key, same value bytes, same headers and with them the same event id,
 * so its strategy knows it again. If it dies again, that is one count higher of the same dead letter.
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

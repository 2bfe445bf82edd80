import {
  deadLetterTopic,
  DLQ_HEADERS,
  ERROR_MESSAGE_BYTES_MAX,
  type ConsumerName,
} from '@effectively-once/contracts';
import { headerTexts, type KafkaRecord } from '@effectively-once/kafka';
import type { Failure } from './deliver.js';
import { redactedError } from './failure.js';

/**
 * The record for the consumer's dead letter topic: original key, value bytes and headers, and the
 * reason. A redriven record that is dead-lettered again keeps its first position.
 */
export function deadLetterOf(
  record: KafkaRecord,
  failure: Failure,
  by: { consumer: ConsumerName; now: Date; appVersion: string },
) {
  const before = headerTexts(record);
  const { name, message } = redactedError(failure.error);
  return {
    topic: deadLetterTopic(by.consumer),
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      [DLQ_HEADERS.originalTopic]: before[DLQ_HEADERS.originalTopic] ?? record.topic,
      [DLQ_HEADERS.originalPartition]:
        before[DLQ_HEADERS.originalPartition] ?? String(record.partition),
      [DLQ_HEADERS.originalOffset]: before[DLQ_HEADERS.originalOffset] ?? String(record.offset),
      [DLQ_HEADERS.originalTimestamp]:
        before[DLQ_HEADERS.originalTimestamp] ?? String(record.timestampMs),
      [DLQ_HEADERS.consumer]: by.consumer,
      [DLQ_HEADERS.errorClass]: failure.errorClass,
      [DLQ_HEADERS.errorName]: name,
      [DLQ_HEADERS.errorMessage]: firstBytes(message, ERROR_MESSAGE_BYTES_MAX),
      [DLQ_HEADERS.attempts]: String(failure.attempts),
      [DLQ_HEADERS.firstFailedAt]: failure.firstFailedAt.toISOString(),
      [DLQ_HEADERS.deadLetteredAt]: by.now.toISOString(),
      [DLQ_HEADERS.redriveCount]: before[DLQ_HEADERS.redriveCount] ?? '0',
      [DLQ_HEADERS.appVersion]: by.appVersion,
    },
  };
}

function firstBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= bytesMax) return text;
  // A character that was cut in half decodes to U+FFFD. Drop it.
  return bytes
    .subarray(0, bytesMax)
    .toString('utf8')
    .replace(/\uFFFD$/u, '');
}

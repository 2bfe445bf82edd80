import {
  CE_HEADERS,
  deadLetterTopic,
  DLQ_HEADERS,
  ERROR_MESSAGE_BYTES_MAX,
  type ConsumerName,
} from '@effectively-once/contracts';
import {
  BatchTooLarge,
  headerTexts,
  type KafkaRecord,
  type RecordProducer,
} from '@effectively-once/kafka';
import type { Failure } from './deliver.js';
import { redactedError } from './failure.js';

/** Of a cut dead letter: the bytes that are kept of its value, its key and each header. */
const CUT_BYTES = 1_024;

// Kafka's limit of a topic name, and the digits of what Kafka counts.
const TOPIC = /^[\w.-]{1,249}$/;
const COUNT = /^\d{1,18}$/;
const TIMESTAMP = /^-?\d{1,19}$/;

/**
 * The record for the consumer's dead letter topic: original key, value bytes and headers, and the
 * reason. A redriven record that is dead-lettered again keeps its first position.
 */
export function deadLetterOf(
  record: KafkaRecord,
  failure: Failure,
  by: { consumer: ConsumerName; now: Date; appVersion: string },
) {
  const { name, message } = redactedError(failure.error);
  return {
    topic: deadLetterTopic(by.consumer),
    key: record.key,
    value: record.value,
    headers: {
      ...withoutCutHeaders(record.headers),
      ...originOf(record),
      [DLQ_HEADERS.consumer]: by.consumer,
      [DLQ_HEADERS.errorClass]: failure.errorClass,
      [DLQ_HEADERS.errorName]: name,
      [DLQ_HEADERS.errorMessage]: firstBytes(message, ERROR_MESSAGE_BYTES_MAX),
      [DLQ_HEADERS.attempts]: String(failure.attempts),
      [DLQ_HEADERS.firstFailedAt]: failure.firstFailedAt.toISOString(),
      [DLQ_HEADERS.deadLetteredAt]: by.now.toISOString(),
      [DLQ_HEADERS.appVersion]: by.appVersion,
    },
  };
}

type DeadLetter = Parameters<RecordProducer['send']>[0];

/**
 * Resolves when the dead letter topic has acknowledged the letter. If the letter is too large for
 * the topic, it is cut: a retry of the whole letter would never end, and would stop its partition.
 */
export async function produceDeadLetter(
  producer: Pick<RecordProducer, 'send'>,
  letter: DeadLetter,
): Promise<'whole' | 'cut'> {
  try {
    await producer.send(letter);
    return 'whole';
  } catch (error) {
    if (!(error instanceof BatchTooLarge)) throw error;
    await producer.send(cut(letter));
    return 'cut';
  }
}

/**
 * The letter with the first bytes of its value, and with the headers that we know. A redrive reads
 * the original record at the position that its headers name.
 */
function cut({ topic, key, value, headers }: DeadLetter): DeadLetter {
  const known: ReadonlySet<string> = new Set([
    ...Object.values(CE_HEADERS),
    ...Object.values(DLQ_HEADERS),
  ]);
  const isKept = ([name, values]: [string, DeadLetter['headers'][string]]) =>
    known.has(name) && [values].flat().every((one) => Buffer.byteLength(one) <= CUT_BYTES);
  const kept = Object.entries(headers).filter(isKept);
  const dropped = Object.keys(headers).length - kept.length;
  return {
    topic,
    // The first bytes, so that the letters of one key stay in one partition.
    key: key && key.subarray(0, CUT_BYTES),
    value: value && value.subarray(0, CUT_BYTES),
    headers: {
      ...Object.fromEntries(kept),
      [DLQ_HEADERS.valueCut]: String(value?.length ?? 0),
      ...(key && key.length > CUT_BYTES && { [DLQ_HEADERS.keyCut]: String(key.length) }),
      ...(dropped > 0 && { [DLQ_HEADERS.headersCut]: String(dropped) }),
    },
  };
}

/** Headers of the position. A producer may have written any bytes into them. */
function originOf(record: KafkaRecord) {
  const before = headerTexts(record);
  const matching = (name: string, pattern: RegExp) => {
    const text = before[name];
    return text !== undefined && pattern.test(text) ? text : undefined;
  };
  const [topic, partition, offset] = [
    matching(DLQ_HEADERS.originalTopic, TOPIC),
    matching(DLQ_HEADERS.originalPartition, COUNT),
    matching(DLQ_HEADERS.originalOffset, COUNT),
  ];
  const isKnown = topic !== undefined && partition !== undefined && offset !== undefined;
  return {
    [DLQ_HEADERS.originalTopic]: isKnown ? topic : record.topic,
    [DLQ_HEADERS.originalPartition]: isKnown ? partition : String(record.partition),
    [DLQ_HEADERS.originalOffset]: isKnown ? offset : String(record.offset),
    [DLQ_HEADERS.originalTimestamp]:
      (isKnown && matching(DLQ_HEADERS.originalTimestamp, TIMESTAMP)) || String(record.timestampMs),
    [DLQ_HEADERS.redriveCount]: matching(DLQ_HEADERS.redriveCount, COUNT) ?? '0',
  };
}

/** Only a cut letter has these headers. A record that claims to be cut is not. */
function withoutCutHeaders(headers: KafkaRecord['headers']): KafkaRecord['headers'] {
  const cutHeaders: string[] = [DLQ_HEADERS.valueCut, DLQ_HEADERS.keyCut, DLQ_HEADERS.headersCut];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !cutHeaders.includes(name)));
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

import { createHash } from 'node:crypto';
import {
  CE_HEADERS,
  DLQ_HEADERS,
  ERROR_MESSAGE_BYTES_MAX,
  PAYMENT_COMPLETED,
  redriveTopic,
  RETENTION,
  type ConsumerName,
  type ErrorClass,
  type EventHeaders,
} from '@effectively-once/contracts';
import { headerTexts, type KafkaRecord } from '@effectively-once/kafka';

/** The original record of a dead letter, and its redrive count. Copies have the same identity. */
export interface Identity {
  originalTopic: string;
  originalPartition: number;
  originalOffset: string;
  redriveCount: number;
}

/** A record of a dead-letter topic with its valid headers, and without its key and value. */
export interface ParsedDeadLetter extends Identity {
  dlqTopic: string;
  dlqPartition: number;
  dlqOffset: string;
  contentSha256: string;
  /** Null for a record without a key. */
  keySha256: string | null;
  paymentId: string | null;
  eventId: string | null;
  /** Null if the headers have no valid error class. */
  errorClass: ErrorClass | null;
  errorName: string;
  errorMessage: string;
  attempts: number;
  firstFailedAt: string | null;
  deadLetteredAt: string;
  appVersion: string | null;
  /** The number of bytes of the original value, if the dead letter was cut. */
  valueCut: number | null;
  /** Until then the topic of the original record keeps it. Null if the dead letter was not cut. */
  redrivableUntil: string | null;
}

/** The error name of a record without a valid error header. */
export const NO_REASON = 'NoReason';
const NO_REASON_MESSAGE = 'its headers name no error';

/**
 * Parses a record of a dead-letter topic. A producer may write any header, so each header is
 * checked. A record without valid headers is still listed, because an operator has to decide about
 * it.
 */
export function parseDeadLetter(record: KafkaRecord, consumer: ConsumerName): ParsedDeadLetter {
  const headers = headerTexts(record);
  const name = matching(headers[DLQ_HEADERS.errorName], /^[\w.-]{1,64}$/);
  const claimed = claimedIdentity(headers, consumer);
  const deadLetteredAt = time(headers[DLQ_HEADERS.deadLetteredAt]) ?? recordTime(record);
  return {
    ...(claimed ?? ownIdentity(record)),
    // Without the position of an original record there is nothing else to redrive.
    ...(claimed ? cutOf(headers, deadLetteredAt) : NOT_CUT),
    dlqTopic: record.topic,
    dlqPartition: record.partition,
    dlqOffset: String(record.offset),
    contentSha256: contentSha256(record),
    keySha256: record.key && createHash('sha256').update(record.key).digest('hex'),
    paymentId: matching(headers[CE_HEADERS.subject], UUID),
    eventId: matching(headers[CE_HEADERS.id], UUID),
    errorClass: errorClassIn(headers),
    errorName: name ?? NO_REASON,
    errorMessage: name ? printable(headers[DLQ_HEADERS.errorMessage]) : NO_REASON_MESSAGE,
    attempts: Number(matching(headers[DLQ_HEADERS.attempts], /^\d{1,4}$/) ?? 0),
    firstFailedAt: time(headers[DLQ_HEADERS.firstFailedAt]),
    deadLetteredAt,
    appVersion: matching(headers[DLQ_HEADERS.appVersion], /^[\w.+-]{1,64}$/),
  };
}

export const NOT_CUT = { valueCut: null, redrivableUntil: null };

function cutOf(
  headers: EventHeaders,
  deadLetteredAt: string,
): Pick<ParsedDeadLetter, 'valueCut' | 'redrivableUntil'> {
  const bytes = matching(headers[DLQ_HEADERS.valueCut], /^\d{1,9}$/);
  if (bytes === null) return NOT_CUT;
  // Kafka counts the retention from the timestamp of the record. A producer may have written a time
  // in the future, or none.
  const producedMs = matching(headers[DLQ_HEADERS.originalTimestamp], /^\d{1,15}$/);
  const diedMs = Date.parse(deadLetteredAt);
  const sinceMs = Math.min(Number(producedMs ?? diedMs), diedMs);
  return {
    valueCut: Number(bytes),
    redrivableUntil: new Date(sinceMs + RETENTION.topicMs).toISOString(),
  };
}

/** The identity of a record without a valid one: its position in the dead-letter topic. */
export function ownIdentity(
  record: Pick<KafkaRecord, 'topic' | 'partition' | 'offset' | 'headers'>,
) {
  return {
    originalTopic: record.topic,
    originalPartition: record.partition,
    originalOffset: String(record.offset),
    redriveCount: redriveCountIn(headerTexts(record)) ?? 0,
  };
}

function claimedIdentity(headers: EventHeaders, consumer: ConsumerName): Identity | undefined {
  const originalTopic = headers[DLQ_HEADERS.originalTopic];
  const partition = matching(headers[DLQ_HEADERS.originalPartition], /^\d{1,6}$/);
  const originalOffset = matching(headers[DLQ_HEADERS.originalOffset], /^\d{1,18}$/);
  const redriveCount = redriveCountIn(headers);
  if (originalTopic !== PAYMENT_COMPLETED && originalTopic !== redriveTopic(consumer)) return;
  if (partition === null || originalOffset === null || redriveCount === undefined) return;
  if (headers[DLQ_HEADERS.consumer] !== consumer) return;
  return {
    originalTopic,
    originalPartition: Number(partition),
    // Removes leading zeros, so that two spellings of one offset are one identity.
    originalOffset: String(BigInt(originalOffset)),
    redriveCount,
  };
}

function redriveCountIn(headers: EventHeaders): number | undefined {
  const text = matching(headers[DLQ_HEADERS.redriveCount], /^\d{1,4}$/);
  return text === null ? undefined : Number(text);
}

function errorClassIn(headers: EventHeaders): ErrorClass | null {
  const classes: readonly ErrorClass[] = ['poison', 'permanent', 'transient'];
  return classes.find((one) => one === headers[DLQ_HEADERS.errorClass]) ?? null;
}

/** Of key and value: whether a record is the one that was ingested. */
export function contentSha256({ key, value }: Pick<KafkaRecord, 'key' | 'value'>): string {
  // With the lengths, two different pairs of key and value never give the same bytes.
  const hash = createHash('sha256').update(`${key?.length ?? -1} ${value?.length ?? -1} `);
  return hash
    .update(key ?? '')
    .update(value ?? '')
    .digest('hex');
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const matching = (text: string | undefined, pattern: RegExp): string | null =>
  text !== undefined && pattern.test(text) ? text : null;

// PostgreSQL refuses a NUL, which would block all other records. A terminal executes escape
// sequences.
function printable(text = ''): string {
  const bytes = Buffer.from(text.replace(/\p{Cc}|\p{Cf}/gu, ' '), 'utf8');
  return bytes.subarray(0, ERROR_MESSAGE_BYTES_MAX).toString('utf8');
}

function time(text: string | undefined): string | null {
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text ?? '')) return null;
  const ms = Date.parse(text ?? '');
  return isPlausible(ms) ? new Date(ms).toISOString() : null;
}

/** The Kafka timestamp of the record. A producer may have set it to any value. */
function recordTime({ timestampMs }: KafkaRecord): string {
  return new Date(isPlausible(timestampMs) ? timestampMs : 0).toISOString();
}

const isPlausible = (ms: number) => ms >= 0 && ms < Date.parse('9999-01-01');

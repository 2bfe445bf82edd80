import { createHash } from 'node:crypto';
import {
  CE_HEADERS,
  DLQ_HEADERS,
  ERROR_MESSAGE_BYTES_MAX,
  PAYMENT_COMPLETED,
  redriveTopic,
  type ConsumerName,
  type ErrorClass,
  type EventHeaders,
} from '@effectively-once/contracts';
import { headerTexts, type KafkaRecord } from '@effectively-once/kafka';

/** Where a dead letter first lay, and how often it was redriven: what tells a copy from another one. */
export interface Identity {
  originalTopic: string;
  originalPartition: number;
  originalOffset: string;
  redriveCount: number;
}

/** A record of a dead-letter topic, as far as it can be believed. Nothing of its key or value is kept. */
export interface Described extends Identity {
  dlqTopic: string;
  dlqPartition: number;
  dlqOffset: string;
  contentSha256: string;
  paymentId: string | null;
  eventId: string | null;
  /** Null when its headers do not say. */
  errorClass: ErrorClass | null;
  errorName: string;
  errorMessage: string;
  attempts: number;
  firstFailedAt: string | null;
  deadLetteredAt: string;
  appVersion: string | null;
}

/** The name of what is in a dead-letter topic and does not say why. */
export const NO_REASON = 'NoReason';
const NO_REASON_MESSAGE = 'its headers do not say why it died';

/**
 * Whoever can write to the topic can write any header, so each is taken only if it can be true. A record
 * that lacks them all is still listed: it lies there, and somebody has to decide about it.
 */
export function describeDeadLetter(record: KafkaRecord, consumer: ConsumerName): Described {
  const headers = headerTexts(record);
  const name = matching(headers[DLQ_HEADERS.errorName], /^[\w.-]{1,64}$/);
  return {
    ...(claimedIdentity(headers, consumer) ?? itsOwnIdentity(record)),
    dlqTopic: record.topic,
    dlqPartition: record.partition,
    dlqOffset: String(record.offset),
    contentSha256: contentSha256(record),
    paymentId: matching(headers[CE_HEADERS.subject], UUID),
    eventId: matching(headers[CE_HEADERS.id], UUID),
    errorClass: errorClassIn(headers),
    errorName: name ?? NO_REASON,
    errorMessage: name ? printable(headers[DLQ_HEADERS.errorMessage]) : NO_REASON_MESSAGE,
    attempts: Number(matching(headers[DLQ_HEADERS.attempts], /^\d{1,4}$/) ?? 0),
    firstFailedAt: time(headers[DLQ_HEADERS.firstFailedAt]),
    deadLetteredAt: time(headers[DLQ_HEADERS.deadLetteredAt]) ?? keptSince(record),
    appVersion: matching(headers[DLQ_HEADERS.appVersion], /^[\w.+-]{1,64}$/),
  };
}

/** The identity of a record that claims none, or one that is another's: the place where it lies. */
export function itsOwnIdentity(
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
    // Without leading zeros: two spellings of one offset are one identity.
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

function contentSha256({ key, value }: KafkaRecord): string {
  // Lengths in between: no two pairs of key and value run together into the same bytes.
  const hash = createHash('sha256').update(`${key?.length ?? -1} ${value?.length ?? -1} `);
  return hash
    .update(key ?? '')
    .update(value ?? '')
    .digest('hex');
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const matching = (text: string | undefined, pattern: RegExp): string | null =>
  text !== undefined && pattern.test(text) ? text : null;

// PostgreSQL refuses a NUL, which would hold up all the others; a terminal obeys an escape sequence.
function printable(text = ''): string {
  const bytes = Buffer.from(text.replace(/\p{Cc}|\p{Cf}/gu, ' '), 'utf8');
  return bytes.subarray(0, ERROR_MESSAGE_BYTES_MAX).toString('utf8');
}

function time(text: string | undefined): string | null {
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text ?? '')) return null;
  const ms = Date.parse(text ?? '');
  return isPlausible(ms) ? new Date(ms).toISOString() : null;
}

/** By Kafka's own time of the record, which a producer may have set to anything. */
function keptSince({ timestampMs }: KafkaRecord): string {
  return new Date(isPlausible(timestampMs) ? timestampMs : 0).toISOString();
}

const isPlausible = (ms: number) => ms >= 0 && ms < Date.parse('9999-01-01');

import { readFileSync } from 'node:fs';
import {
  PAYMENT_COMPLETED_VERSIONS,
  type PaymentCompletedVersion,
} from '../payment-completed-versions.js';

/** A record of the topic, byte for byte as the connector published it. */
export interface RecordedRecord {
  key: Buffer;
  value: Buffer;
  headers: Record<string, Buffer>;
}

/** Bytes, and the same bytes for a reader. */
interface Bytes {
  base64: string;
  text: string;
}

/** The content of a file of this folder. */
export interface Recording {
  version: PaymentCompletedVersion;
  recordedAt: string;
  /** What wrote these bytes. */
  publishedBy: string;
  topic: string;
  key: Bytes;
  headers: ({ name: string } & Bytes)[];
  value: Bytes;
}

const bytesOf = (buffer: Buffer): Bytes => ({
  base64: buffer.toString('base64'),
  text: buffer.toString('utf8'),
});

/** How a record of the topic becomes a file of this folder: `RECORD=1`, in an end-to-end test. */
export function recordingOf(
  { key, value, headers }: RecordedRecord,
  about: Pick<Recording, 'version' | 'recordedAt' | 'publishedBy' | 'topic'>,
): Recording {
  return {
    ...about,
    key: bytesOf(key),
    headers: Object.entries(headers).map(([name, bytes]) => ({ name, ...bytesOf(bytes) })),
    value: bytesOf(value),
  };
}

const fileOf = (version: PaymentCompletedVersion) =>
  new URL(`./payment-completed-${version}.json`, import.meta.url);

export const readRecording = (version: PaymentCompletedVersion): Recording =>
  JSON.parse(readFileSync(fileOf(version), 'utf8')) as Recording;

/**
 * The bytes of every version ever published. As long as a topic can hold a version, every consumer
 * must handle its recording.
 */
export function everyRecordedVersion() {
  return PAYMENT_COMPLETED_VERSIONS.map((version) => {
    const { topic, recordedAt, key, value, headers } = readRecording(version);
    const bytes = ({ base64 }: Bytes) => Buffer.from(base64, 'base64');
    const named = headers.map((header) => [header.name, bytes(header)] as const);
    const record = {
      key: bytes(key),
      value: bytes(value),
      headers: Object.fromEntries(named) as RecordedRecord['headers'],
      topic,
      partition: 0,
      offset: 0n,
      timestampMs: Date.parse(recordedAt),
    };
    return { version, record };
  });
}

import { readdirSync } from 'node:fs';
import { CE_HEADERS } from '../cloud-event.js';
import { decodePaymentCompleted } from '../decode.js';
import {
  encodePaymentCompleted,
  PAYMENT_COMPLETED_SCHEMAS,
  PAYMENT_COMPLETED_VERSIONS,
} from '../payment-completed-versions.js';
import { PAYMENT_COMPLETED } from '../topics.js';
import { everyRecordedVersion, readRecording } from './recordings.js';

// A version without one has a reader that no published bytes have tested. RECORD=1 makes the file
// (e2e/every-published-version-of-the-event-reaches-every-consumer.e2e.spec.ts).
it('every version that payments can publish is recorded, and no other', () => {
  const files = readdirSync(new URL('.', import.meta.url)).filter((one) => one.endsWith('.json'));
  expect(files.sort()).toEqual(
    PAYMENT_COMPLETED_VERSIONS.map((version) => `payment-completed-${version}.json`),
  );
});

describe.each(everyRecordedVersion())(
  'the recording of version $version',
  ({ version, record }) => {
    const recording = readRecording(version);
    const text = (name: string) => record.headers[name]?.toString('utf8');

    it('is of this version and of the topic', () => {
      expect(recording).toMatchObject({ version, topic: PAYMENT_COMPLETED });
      expect(text(CE_HEADERS.dataschema)).toBe(PAYMENT_COMPLETED_SCHEMAS[version as 1]);
    });

    it('has every header of the contract, beside those of the connector', () => {
      expect(Object.keys(record.headers)).toEqual(
        expect.arrayContaining(Object.values(CE_HEADERS)),
      );
    });

    it('can be read without a decoder: its texts are its bytes', () => {
      for (const { base64, text: shown } of [
        recording.key,
        recording.value,
        ...recording.headers,
      ]) {
        expect(Buffer.from(base64, 'base64').toString('utf8')).toBe(shown);
      }
    });

    it('is decoded, and the writer of this version writes the same bytes again', () => {
      const headers = Object.fromEntries(Object.keys(record.headers).map((n) => [n, text(n)]));
      const { data } = decodePaymentCompleted({ key: record.key, value: record.value, headers });
      expect(encodePaymentCompleted(data, version as 1)).toBe(recording.value.text);
    });
  },
);

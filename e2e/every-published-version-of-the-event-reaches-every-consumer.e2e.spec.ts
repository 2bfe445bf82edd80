import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CE_HEADERS,
  PAYMENT_COMPLETED,
  PAYMENT_COMPLETED_SCHEMAS,
  PAYMENT_COMPLETED_VERSIONS,
  type PaymentCompletedVersion,
} from '@effectively-once/contracts';
import {
  readRecording,
  recordingOf,
  type RecordedRecord,
  type Recording,
} from '@effectively-once/contracts/recordings';
import { headerTexts, readTopic } from '@effectively-once/kafka';
import { waitUntil } from '@effectively-once/testing';
import { deadLetters, untilDrained } from './fault-injection.js';
import { whilePaying } from './load.js';
import { secondPayments } from './payments-process.js';
import { at, checkout, findings, newId } from './system-under-test.js';

const PER_SECOND = 10;

/** A payments process that publishes this version, beside the one of the stack. */
const publishing = (version: PaymentCompletedVersion) =>
  secondPayments({ PAYMENT_COMPLETED_VERSION: String(version) });

it.each(PAYMENT_COMPLETED_VERSIONS)(
  'version %i is published with the headers and members of its recording',
  async (version) => {
    const { url, leave } = await publishing(version);
    // The webhook of the PSP goes to the stack's own process. If it is first, that one publishes.
    const record = await waitUntil(`an event of version ${version}`, async () => {
      const { json } = await checkout({ userId: 'alice', url });
      const event = await waitUntil('its event', () => recordOf(String(json['id'])));
      const published = event.headers[CE_HEADERS.dataschema]?.toString();
      return published === PAYMENT_COMPLETED_SCHEMAS[version] ? event : undefined;
    });
    await leave();
    const about = { version, topic: PAYMENT_COMPLETED, ...PUBLISHER };
    const published = recordingOf(record, about);
    if (process.env['RECORD'] === '1') {
      const file = `libs/contracts/src/recordings/payment-completed-${version}.json`;
      writeFileSync(join(process.cwd(), file), `${JSON.stringify(published, null, 2)}\n`);
    }
    expect(shapeOf(published)).toEqual(shapeOf(readRecording(version)));
    await untilDrained();
    await expect(findings()).resolves.toEqual([]);
  },
);

it('payments of both versions come in side by side: each effect is applied once, none is dead-lettered', async () => {
  const before = await deadLetters();
  const from = Date.now();
  await whilePaying(PER_SECOND, async () => {
    const { url, leave } = await publishing(2);
    const paid = Array.from({ length: 2 * PER_SECOND }, async (_, n) => {
      await sleep((n * 1_000) / PER_SECOND);
      const { status } = await checkout({ userId: newId('user'), url });
      expect(status).toBe(201);
    });
    await Promise.all(paid);
    await leave();
  });
  await untilDrained();
  const published = await versionsSince(from);
  expect(published.get(PAYMENT_COMPLETED_SCHEMAS[1])).toBeGreaterThanOrEqual(PER_SECOND);
  expect(published.get(PAYMENT_COMPLETED_SCHEMAS[2])).toBeGreaterThan(0);
  await expect(findings()).resolves.toEqual([]);
  await expect(deadLetters()).resolves.toBe(before);
});

const PUBLISHER = {
  recordedAt: new Date().toISOString(),
  publishedBy: 'Debezium with infra/connect/connector.json, from the outbox row of payments',
};
const everything = () =>
  readTopic({ brokers: at.KAFKA_BROKERS, clientId: 'e2e', topic: PAYMENT_COMPLETED });

async function recordOf(paymentId: string): Promise<RecordedRecord | undefined> {
  for await (const { key, value, headers } of everything()) {
    const { [CE_HEADERS.subject]: subject } = headers;
    if (subject?.toString() === paymentId && key && value) {
      return { key, value, headers: headers as RecordedRecord['headers'] };
    }
  }
  return undefined;
}

/** The number of records of each version. */
async function versionsSince(fromMs: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const record of everything()) {
    const version = headerTexts(record)[CE_HEADERS.dataschema] ?? '';
    if (record.timestampMs >= fromMs) counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  return counts;
}

/** The names of headers and members, and the types of the values: what a version promises. */
function shapeOf({ headers, value }: Recording): object {
  const masked = value.text.replace(/:"[^"]*"/g, ':text').replace(/:\d+/g, ':number');
  return { headers: headers.map(({ name }) => name).sort(), value: masked };
}

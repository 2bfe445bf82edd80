import { PAYMENT_COMPLETED as topic } from '@effectively-once/contracts';
import type { KafkaRecord } from '@effectively-once/kafka';
import { rebuiltEvent } from '../from-payments/rebuilt-event.js';
import { summarizeRecords } from './summarize-records.js';

const idOf = (number: number) => `01a1fe5f-8515-75bb-a270-${String(number).padStart(12, '0')}`;

function record(number: number, changes: Partial<KafkaRecord> = {}): KafkaRecord {
  const { headers, ...message } = rebuiltEvent({
    paymentId: idOf(number),
    orderId: 'order',
    userId: 'alice',
    amountMinor: 1,
    currency: 'EUR',
    completedAt: '2026-11-20T12:00:00.000Z',
    paymentVersion: 2,
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  });
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
  return {
    ...message,
    headers: Object.fromEntries(bytes),
    topic,
    partition: 0,
    offset: BigInt(number),
    timestampMs: 1_000 + number,
    ...changes,
  };
}

async function* all(records: KafkaRecord[]) {
  yield* records;
}
const NONE: ReadonlySet<string> = new Set();
const rewind = { partition: 0, from: 0n, end: 10n };

it('counts what is absorbed, what has no effect yet, and the poison pills', async () => {
  const records = [record(1), record(2), record(3, { value: Buffer.from('x') }), record(4)];
  const summary = await summarizeRecords([rewind], {
    records: all(records),
    readKnownEffects: async () => ({ absorbed: new Set([idOf(1), idOf(4)]), wouldRepeat: NONE }),
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  expect(summary).toEqual({
    partitions: [{ ...rewind, records: 4, absorbed: 2, undecodable: 1, oldestMs: 1_001 }],
    wouldRepeat: { count: 0, ids: [] },
  });
});

it('names the receipts that would be mailed a second time', async () => {
  const summary = await summarizeRecords([rewind], {
    records: all([record(1), record(2)]),
    readKnownEffects: async () => ({ absorbed: NONE, wouldRepeat: new Set([idOf(2)]) }),
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  expect(summary.wouldRepeat).toEqual({ count: 1, ids: [idOf(2)] });
});

it('holds at most five hundred records, and loses none', async () => {
  const asked: number[] = [];
  const { partitions } = await summarizeRecords([rewind], {
    records: all(Array.from({ length: 1_201 }, (_, number) => record(number))),
    readKnownEffects: async (ids) => {
      asked.push(ids.length);
      return { absorbed: new Set(ids), wouldRepeat: NONE };
    },
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  expect(asked).toEqual([500, 500, 201]);
  expect(partitions[0]).toMatchObject({ records: 1_201, absorbed: 1_201 });
});

it('stops when it is interrupted', async () => {
  const interrupted = new AbortController();
  interrupted.abort(new Error('interrupted'));
  const stopping = summarizeRecords([rewind], {
    records: all([record(1)]),
    readKnownEffects: async () => ({ absorbed: NONE, wouldRepeat: NONE }),
    onProgress: () => undefined,
    signal: interrupted.signal,
  });
  await expect(stopping).rejects.toThrow('interrupted');
});

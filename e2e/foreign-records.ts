import { randomUUID } from 'node:crypto';
import {
  CE_HEADERS,
  DLQ_HEADERS,
  PARTITIONS,
  PAYMENT_COMPLETED_SCHEMA,
  PAYMENT_COMPLETED_TYPE,
} from '@effectively-once/contracts';
import { CODECS } from '@effectively-once/kafka/testing/codecs.fixture';
import {
  encodeBatch,
  produceRaw,
  type RawBatch,
  type RawRecord,
} from '@effectively-once/kafka/testing/raw-batch.fixture';
import { openTransaction as open } from '@effectively-once/kafka/testing/transaction.fixture';
import { at } from './system-under-test.js';

/** Record batches that are not ours, as any producer may write them into our topics. */

type Random = () => number;

const pick = <Value>(random: Random, values: readonly Value[]): Value =>
  values[Math.floor(random() * values.length)] as Value;

const bytes = (random: Random, length: number) =>
  Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));

/** Values that a header may have: none, text, numbers out of any range, bytes. */
const headerValue = (random: Random): Buffer | null =>
  pick(random, [
    null,
    Buffer.alloc(0),
    Buffer.from('-1'),
    Buffer.from('99999999999999999999'),
    Buffer.from('2026-13-45T99:99:99Z'),
    Buffer.from('\0'),
    Buffer.from(randomUUID()),
    bytes(random, 16),
    Buffer.alloc(5_000, 'x'),
  ]);

const NAMES = [
  ...Object.values(CE_HEADERS),
  ...Object.values(DLQ_HEADERS),
  'constructor',
  '__proto__',
  '',
];

function headers(random: Random): [string | Buffer, Buffer | null][] {
  const any = Array.from(
    { length: Math.floor(random() * 12) },
    (): [string | Buffer, Buffer | null] => [
      random() < 0.1 ? bytes(random, 5) : pick(random, NAMES),
      headerValue(random),
    ],
  );
  // Half of them look like an event up to its value.
  if (random() < 0.5) return any;
  return [
    [CE_HEADERS.specversion, Buffer.from('1.0')],
    [CE_HEADERS.type, Buffer.from(PAYMENT_COMPLETED_TYPE)],
    [CE_HEADERS.dataschema, Buffer.from(PAYMENT_COMPLETED_SCHEMA)],
    [CE_HEADERS.subject, Buffer.from(randomUUID())],
    [CE_HEADERS.id, Buffer.from(randomUUID())],
    ...any,
  ];
}

const record = (random: Random): RawRecord => ({
  key: pick(random, [null, Buffer.alloc(0), Buffer.from('user'), bytes(random, 8)]),
  value: pick(random, [
    null,
    Buffer.alloc(0),
    Buffer.from('{}'),
    Buffer.from('[1,2'),
    Buffer.from('{"__proto__":{"paymentId":1}}'),
    Buffer.from('['.repeat(50_000)),
    bytes(random, 200),
    Buffer.alloc(900_000),
  ]),
  headers: headers(random),
});

export function foreignBatch(random: Random): RawBatch {
  const records = Array.from({ length: 1 + Math.floor(random() * 3) }, () => record(random));
  const nowMs = BigInt(Date.now());
  const timestamp = pick(random, [nowMs, nowMs, -1n, 0n, nowMs + 1_800_000n, 4_000_000_000n]);
  const codec = pick(random, [undefined, undefined, ...Object.values(CODECS)]);
  // In a compressed batch the broker corrects them.
  if (random() < 0.3) {
    for (const one of records) one.offsetDelta = Math.floor((random() - 0.5) * 2_000_000);
  }
  if (random() < 0.1) for (const one of records) one.timestampDelta = -(2n ** 61n);
  return { records, timestamp, ...(codec && { codec }) };
}

/** @returns how many records the broker has stored: none, if the batch is too large. */
export async function produceForeign(
  topic: string,
  batch: RawBatch,
  random: Random,
): Promise<number> {
  const [broker = ''] = at.KAFKA_BROKERS;
  const partition = Math.floor(random() * PARTITIONS);
  const code = await produceRaw({ broker, topic, partition, batch: encodeBatch(batch) });
  return code === 0 ? batch.records.length : 0;
}

/** Writes one record into each partition, in a transaction that stays open. */
export async function openTransaction(topic: string) {
  const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({
    partition,
    value: 'in a transaction',
  }));
  return await open({ brokers: at.KAFKA_BROKERS, clientId: 'foreign', topic, messages });
}

import { randomUUID } from 'node:crypto';
import {
  CE_HEADERS,
  deadLetterTopic,
  DLQ_HEADERS,
  encodePaymentCompleted,
  PAYMENT_COMPLETED,
  PAYMENT_COMPLETED_SCHEMA,
  PAYMENT_COMPLETED_TYPE,
  redriveTopic,
  type ConsumerName,
} from '@effectively-once/contracts';
import { readTopic, RecordProducer, type KafkaRecord } from '@effectively-once/kafka';
import { createTestDatabase, testAddresses } from '@effectively-once/testing';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { consoleDataSource } from '../runtime/database.js';
import { ingest, type IngestOptions } from './ingest/ingest.js';
import { IngestedDeadLetters } from './ingest/ingested-dead-letters.js';

export const connection = { brokers: testAddresses().KAFKA_BROKERS, clientId: 'console.test' };
const producer = new RecordProducer(connection);

/** A console with its own database, and the topics of the stack. */
export interface TestConsole {
  /** With the rights of the console. */
  database: DataSource;
  url: string;
  /** With the rights of a superuser, to read and to damage all rows. */
  admin: Client;
  close: () => Promise<void>;
}

export async function openTestConsole(): Promise<TestConsole> {
  const own = await createTestDatabase('console', 'console_owner');
  const admin = new Client({ connectionString: own.url });
  await admin.connect();
  const owner = await consoleDataSource({ url: own.as('console_owner') }).initialize();
  await owner.query('CREATE SCHEMA IF NOT EXISTS console');
  await owner.runMigrations();
  await owner.destroy();
  const database = await consoleDataSource({ url: own.as('console_app') }).initialize();
  await producer.connect();
  return {
    database,
    url: own.as('console_app'),
    admin,
    close: async () => {
      await producer.disconnect();
      await database.destroy();
      await admin.end();
      await own.drop();
    },
  };
}

/** Ingests once. */
export async function ingestNow(
  { database }: TestConsole,
  options: Partial<IngestOptions> = {},
): Promise<void> {
  const ignore = () => undefined;
  const ignored = { onLag: ignore, onMissed: ignore, onMadeAnew: ignore };
  await ingest({ connection, ingested: new IngestedDeadLetters(database), ...ignored, ...options });
}

export interface DeadLetterMessage {
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, string>;
}

let offset = Date.now();

/** A dead letter as a consumer writes it. `headers` replaces headers; undefined removes one. */
export function deadLetter(
  consumer: ConsumerName,
  headers: Record<string, string | undefined> = {},
): DeadLetterMessage & { paymentId: string; userId: string } {
  const paymentId = randomUUID();
  const userId = `user-${randomUUID()}`;
  offset += 1;
  const all = {
    [CE_HEADERS.specversion]: '1.0',
    [CE_HEADERS.id]: randomUUID(),
    [CE_HEADERS.type]: PAYMENT_COMPLETED_TYPE,
    [CE_HEADERS.source]: '/payments',
    [CE_HEADERS.subject]: paymentId,
    [CE_HEADERS.time]: '2026-11-20T10:00:00.000Z',
    [CE_HEADERS.dataschema]: PAYMENT_COMPLETED_SCHEMA,
    [DLQ_HEADERS.originalTopic]: PAYMENT_COMPLETED,
    [DLQ_HEADERS.originalPartition]: '3',
    [DLQ_HEADERS.originalOffset]: String(offset),
    [DLQ_HEADERS.consumer]: consumer,
    [DLQ_HEADERS.errorClass]: 'permanent',
    [DLQ_HEADERS.errorName]: 'MailboxUnavailable',
    [DLQ_HEADERS.errorMessage]: 'the mailbox does not exist',
    [DLQ_HEADERS.attempts]: '1',
    [DLQ_HEADERS.firstFailedAt]: '2026-11-20T10:00:01.000Z',
    [DLQ_HEADERS.deadLetteredAt]: '2026-11-20T10:00:02.000Z',
    [DLQ_HEADERS.redriveCount]: '0',
    [DLQ_HEADERS.appVersion]: 'test',
    ...headers,
  };
  const value = encodePaymentCompleted({
    paymentId,
    orderId: 'order-1',
    userId,
    amountMinor: 1299,
    currency: 'EUR',
    completedAt: '2026-11-20T10:00:00.000Z',
    paymentVersion: 2,
  });
  const present = Object.entries(all).filter((entry): entry is [string, string] => !!entry[1]);
  return {
    paymentId,
    userId,
    key: Buffer.from(userId),
    value: Buffer.from(value),
    headers: Object.fromEntries(present),
  };
}

export async function produceDeadLetters(
  consumer: ConsumerName,
  letters: DeadLetterMessage[],
): Promise<void> {
  await producer.sendAll(deadLetterTopic(consumer), letters.map(plain));
}

const plain = ({ key, value, headers }: DeadLetterMessage) => ({ key, value, headers });

/** Produces and ingests dead letters. Returns their ids, in the same order. */
export async function produceAndIngest(
  testConsole: TestConsole,
  consumer: ConsumerName,
  letters: DeadLetterMessage[],
) {
  await produceDeadLetters(consumer, letters);
  await ingestNow(testConsole);
  const { rows } = await testConsole.admin.query<{ id: string; event_id: string }>(
    `SELECT id, event_id FROM console.dead_letters WHERE consumer = $1`,
    [consumer],
  );
  const ids = new Map(rows.map(({ id, event_id }) => [event_id, id]));
  return letters.map(({ headers }) => ids.get(headers[CE_HEADERS.id] ?? '') ?? 'not listed');
}

/** The records of these dead letters in the redrive topic, in order. */
export async function redrivenRecords(
  consumer: ConsumerName,
  letters: DeadLetterMessage[],
): Promise<KafkaRecord[]> {
  const eventIds = new Set(letters.map(({ headers }) => headers[CE_HEADERS.id]));
  const records: KafkaRecord[] = [];
  for await (const record of readTopic({ ...connection, topic: redriveTopic(consumer) })) {
    if (eventIds.has(String(record.headers[CE_HEADERS.id]))) records.push(record);
  }
  return records;
}

/** The state of each of these dead letters. */
export async function statesOf(
  { admin }: TestConsole,
  consumer: ConsumerName,
  ids: string[],
): Promise<string[]> {
  const { rows } = await admin.query<{ id: string; state: string }>(
    `SELECT id, state FROM console.dead_letters WHERE consumer = $1 AND id = ANY ($2)`,
    [consumer, ids],
  );
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  return ids.map((id) => states.get(id) ?? 'not listed');
}

import { PARTITIONS, PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Redis } from 'ioredis';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import pg from 'pg';
import type { Environment } from '../../../stack/environment.js';
import { createIndex } from '../../../stack/prepare/index-of-payments.js';
import { superuserUrl } from '../../../stack/addresses.js';

export const TUTORIAL_TOPIC = 'tutorial.payment.completed';
const TUTORIAL_DATABASE = 'tutorial';

const PAYMENTS_TABLES = [
  'payments',
  'idempotency_keys',
  'recipients',
  'outbox',
  'refunds',
  'psp_outages',
];

/** The points of the raw chain: the tables of loyalty, without a key that refuses a duplicate. */
const RAW_TABLES = `
  CREATE SCHEMA IF NOT EXISTS raw;
  CREATE TABLE IF NOT EXISTS raw.points_entries (
    payment_id uuid        NOT NULL,
    user_id    text        NOT NULL,
    points     bigint      NOT NULL,
    awarded_at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  CREATE TABLE IF NOT EXISTS raw.accounts (user_id text PRIMARY KEY, balance bigint NOT NULL);
  TRUNCATE raw.points_entries, raw.accounts;`;

/**
 * Empties every store, so that each turn begins in the same state and no contestant finds the
 * records of another. The servers keep running, and stay warm. Nothing else may run meanwhile.
 */
export async function resetStores(
  environment: Environment,
  at: { brokers: string[]; redisUrl: string; elasticsearchUrl: string; groups: string[] },
): Promise<void> {
  const tables = PAYMENTS_TABLES.map((table) => `payments.${table}`).join(', ');
  await onDatabase(environment, 'payments', [`TRUNCATE ${tables} CASCADE`]);
  await onDatabase(environment, 'loyalty', [
    'TRUNCATE loyalty.points_entries, loyalty.accounts',
    RAW_TABLES,
  ]);
  await onDatabase(environment, 'postgres', [
    `DROP DATABASE IF EXISTS ${TUTORIAL_DATABASE} WITH (FORCE)`,
    `CREATE DATABASE ${TUTORIAL_DATABASE}`,
    'CHECKPOINT',
  ]);
  await emptyTopics(at);
  await emptyIndex(at.elasticsearchUrl);
  const redis = new Redis(at.redisUrl);
  await redis.flushall();
  redis.disconnect();
}

async function onDatabase(
  environment: Environment,
  database: Parameters<typeof superuserUrl>[1],
  statements: string[],
): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl(environment, database) });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function emptyTopics(at: { brokers: string[]; groups: string[] }): Promise<void> {
  const kafka = new Kafka({ brokers: at.brokers, clientId: 'reset', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const topics = [{ topic: TUTORIAL_TOPIC, numPartitions: PARTITIONS, replicationFactor: 1 }];
    const isNew = await admin.createTopics({ topics, waitForLeaders: true });
    const filled = isNew ? [PAYMENT_COMPLETED] : [PAYMENT_COMPLETED, TUTORIAL_TOPIC];
    for (const topic of filled) await deleteRecords(admin, topic);
    const { groups } = await admin.listGroups();
    const known = groups.map(({ groupId }) => groupId).filter((id) => at.groups.includes(id));
    // Without a committed offset a group begins at the first record that is left.
    if (known.length > 0) await admin.deleteGroups(known);
  } finally {
    await admin.disconnect();
  }
}

async function deleteRecords(admin: Admin, topic: string): Promise<void> {
  const offsets = await admin.fetchTopicOffsets(topic);
  const partitions = offsets
    .filter(({ low, high }) => low !== high)
    .map(({ partition, high }) => ({ partition, offset: high }));
  if (partitions.length > 0) await admin.deleteTopicRecords({ topic, partitions });
}

async function emptyIndex(elasticsearchUrl: string): Promise<void> {
  const client = new Elasticsearch({ node: elasticsearchUrl });
  try {
    const found = await client.indices.get({ index: 'payments' }, { ignore: [404] });
    const names = 'error' in found ? [] : Object.keys(found);
    if (names.length > 0) await client.indices.delete({ index: names });
  } finally {
    await client.close();
  }
  await createIndex({ elasticsearchUrl });
}

import { randomUUID } from 'node:crypto';
import { ensureTopics, readTopicSettings } from '@effectively-once/kafka';
import { testAddresses } from '@effectively-once/testing';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import type { Query } from '../payments-database.js';
import { postgresProblems, publicationProblems } from './postgres-settings.js';
import { problemsOf, topicProblems } from './topic-settings.js';

const at = testAddresses();

describe('PostgreSQL and its publication', () => {
  let client: pg.Client;
  const query: Query = async (sql, parameters) =>
    (await client.query<Record<string, unknown>>(sql, parameters)).rows;

  beforeAll(async () => {
    const url = new URL(at.POSTGRES_SUPERUSER_URL);
    url.pathname = '/payments';
    client = new pg.Client({ connectionString: url.href });
    await client.connect();
  });
  afterAll(() => client.end());
  // Every drift of this spec is rolled back, so that no other spec sees it.
  beforeEach(() => client.query('BEGIN'));
  afterEach(() => client.query('ROLLBACK'));

  it('as they were prepared have no problem, also as the auditor sees them', async () => {
    await client.query('SET ROLE auditor');
    await expect(postgresProblems(query)).resolves.toEqual([]);
    await expect(publicationProblems(query)).resolves.toEqual([]);
  });

  it.each([
    ['SET LOCAL synchronous_commit = off', 'synchronous_commit of the server is off'],
    [
      'ALTER ROLE payments_app SET synchronous_commit = off',
      'synchronous_commit of payments_app is off',
    ],
    [
      'ALTER DATABASE payments SET default_transaction_read_only = on',
      'default_transaction_read_only of every role is on',
    ],
    [`SET LOCAL session_replication_role = replica`, 'session_replication_role of the server'],
    [
      'CREATE UNLOGGED TABLE payments.outbox_19990101 (LIKE payments.outbox)',
      'the table payments.outbox_19990101 is unlogged',
    ],
  ])('have a problem after %s', async (drift, problem) => {
    await client.query(drift);
    await expect(postgresProblems(query)).resolves.toEqual([expect.stringContaining(problem)]);
  });

  const publication = 'ALTER PUBLICATION payments_outbox';
  it.each([
    [`${publication} DROP TABLE payments.outbox`, 'payments.outbox is not published'],
    [`${publication} ADD TABLE payments.payments`, 'payments.payments is published'],
    [`${publication} SET (publish = 'update')`, 'publishes no inserts'],
    [`${publication} SET (publish_via_partition_root = false)`, 'names partitions'],
    [
      `${publication} SET TABLE payments.outbox WHERE (topic = 'x'), payments.debezium_heartbeat`,
      'only some rows of payments.outbox',
    ],
    [
      `${publication} SET TABLE payments.outbox (event_id, occurred_at), payments.debezium_heartbeat`,
      'payments.outbox is published without',
    ],
    ['DROP PUBLICATION payments_outbox', 'the publication payments_outbox is missing'],
  ])('have a problem after %s', async (drift, problem) => {
    await client.query(drift);
    const problems = await publicationProblems(query);
    expect(problems.join('; ')).toContain(problem);
  });
});

describe('topics', () => {
  const topic = {
    name: `test-settings-${randomUUID()}`,
    partitions: 2,
    config: { 'retention.ms': '3600000' },
  };
  const connection = { brokers: at.KAFKA_BROKERS, clientId: 'settings' };
  const admin = new Kafka({ ...connection, logLevel: logLevel.NOTHING }).admin();
  const problems = async () => {
    const found = await readTopicSettings({ ...connection, topics: [topic.name, 'not-there'] });
    expect([...found.keys()]).toEqual([topic.name]);
    return problemsOf(topic, found.get(topic.name));
  };

  beforeAll(async () => {
    await admin.connect();
    await ensureTopics({ ...connection, topics: [topic] });
  });
  afterAll(async () => {
    await admin.deleteTopics({ topics: [topic.name] });
    await admin.disconnect();
  });

  it('as they were created have no problem', async () => {
    await expect(topicProblems(at.KAFKA_BROKERS)).resolves.toEqual([]);
    await expect(problems()).resolves.toEqual([]);
  });

  it('have a problem when a setting or the number of partitions changes', async () => {
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic.name,
          configEntries: [
            { name: 'retention.ms', value: '60000' },
            { name: 'cleanup.policy', value: 'compact' },
          ],
        },
      ],
    });
    await admin.createPartitions({ topicPartitions: [{ topic: topic.name, count: 3 }] });
    await expect(problems()).resolves.toEqual([
      expect.stringContaining('has 3 partitions, not 2'),
      expect.stringContaining('retention.ms'),
      expect.stringContaining('cleanup.policy'),
    ]);
  });
});

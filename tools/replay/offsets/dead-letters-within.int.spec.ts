import { consoleDataSource } from '@effectively-once/console/database';
import { PAYMENT_COMPLETED } from '@effectively-once/contracts';
import { createTestDatabase, type TestDatabase } from '@effectively-once/testing';
import pg from 'pg';
import { deadLettersWithin } from './dead-letters-within.js';

let database: TestDatabase;
let admin: pg.Client;
let auditor: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase('replay_letters');
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query('CREATE SCHEMA console');
  const migrations = await consoleDataSource({ url: database.url, poolMax: 1 }).initialize();
  await migrations.runMigrations();
  await migrations.destroy();
  await admin.query(
    `INSERT INTO console.dead_letter_actions (kind, consumer, operator, reason, filter)
     VALUES ('discard', 'loyalty', 'olga', 'test', '{}')`,
  );
  auditor = new pg.Pool({ connectionString: database.as('auditor'), max: 1 });
});
afterAll(async () => {
  await auditor.end();
  await admin.end();
  await database.drop();
});

let letters = 0;
const store = (
  state: string,
  offset: number,
  { consumer = 'loyalty', partition = 1, redriveCount = 0, topic = PAYMENT_COMPLETED } = {},
) =>
  admin.query(
    `INSERT INTO console.dead_letters
       (consumer, original_topic, original_partition, original_offset, redrive_count, dlq_partition,
        dlq_offset, content_sha256, error_name, error_message, attempts, dead_lettered_at, state,
        action_id)
     VALUES ($1, $2, $3, $4, $5, 0, $6, '', 'E', '', 1, now(), $7, 1)`,
    [consumer, topic, partition, offset, redriveCount, letters++, state],
  );

it('counts the dead letters of the consumer within the rewinds, each by its last state', async () => {
  await store('pending', 10);
  await store('discarded', 19);
  // Redriven, dead-lettered once more, and then discarded.
  await store('redriven', 15);
  await store('discarded', 15, { redriveCount: 1 });
  await store('redriven', 16);
  // Outside: before, behind, of another partition, topic or consumer.
  await store('pending', 9);
  await store('pending', 20);
  await store('pending', 12, { partition: 2 });
  await store('pending', 13, { topic: 'payment.completed.loyalty.redrive' });
  await store('pending', 14, { consumer: 'email' });
  const rewinds = [
    { partition: 0, from: 0n, end: 100n },
    { partition: 1, from: 10n, end: 20n },
  ];
  await expect(deadLettersWithin(auditor, { consumer: 'loyalty', rewinds })).resolves.toEqual({
    pending: 1,
    discarded: 2,
  });
});

import { jest } from '@jest/globals';
import { randomFrom } from '../tools/faults/random.js';
import { consoleMetric, untilHealthy, untilLogPassed, whileClientsPay } from './connector.js';
import { sql } from './damage.js';
import { untilDrained } from './fault-injection.js';
import { findings } from './system-under-test.js';

// The connector confirms its position a few seconds after it has read it.
jest.setTimeout(300_000);

const PASSED_WITHIN_MS = 60_000;
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const MB = 1_000_000;

/**
 * What other tools write to the log of this database: messages of another CDC tool, tables of other
 * schemas, DDL, bulk loads. Each must pass, and none may reach a topic.
 */
const WRITES: Record<string, string[]> = {
  'a transactional message': [`SELECT pg_logical_emit_message(true, 'other-cdc', 'heartbeat')`],
  'a message outside a transaction': [`SELECT pg_logical_emit_message(false, 'other-cdc', 'x')`],
  'a message without prefix and content': [`SELECT pg_logical_emit_message(false, '', '')`],
  'a message that is not UTF-8': [`SELECT pg_logical_emit_message(true, 'x', '\\xfffe00'::bytea)`],
  'a message of 100 MB': [`SELECT pg_logical_emit_message(true, 'x', repeat('x', ${100 * MB}))`],
  'messages in a transaction that is rolled back': [
    `BEGIN; SELECT pg_logical_emit_message(true, 'x', 'x'); ROLLBACK`,
  ],
  'a table of another schema with the name of the outbox': [
    `CREATE SCHEMA other; CREATE TABLE other.outbox AS SELECT * FROM payments.outbox;
     INSERT INTO other.outbox SELECT * FROM payments.outbox`,
    `DROP SCHEMA other CASCADE`,
  ],
  'a table that is added to the publication': [
    `CREATE TABLE public.added (id int PRIMARY KEY);
     ALTER PUBLICATION payments_outbox ADD TABLE public.added`,
    `INSERT INTO public.added SELECT generate_series(1, 1000)`,
    `DROP TABLE public.added`,
  ],
  'a table that is truncated': [`TRUNCATE payments.debezium_heartbeat`],
  'a new column of the outbox': [
    `ALTER TABLE payments.outbox ADD COLUMN added jsonb, ADD COLUMN more int[]`,
    `ALTER TABLE payments.outbox DROP COLUMN added, DROP COLUMN more`,
  ],
  'heartbeats of another shape': [
    `INSERT INTO payments.debezium_heartbeat (beat_at) VALUES ('infinity'), ('-infinity'),
       ('4713-01-01 00:00:00 BC'), ('294276-12-31 23:59:59')`,
  ],
  'a transaction of 100 MB': [
    `CREATE TABLE public.bulk AS
       SELECT n, repeat('x', 1000) AS text FROM generate_series(1, 100000) AS n`,
    `DROP TABLE public.bulk`,
  ],
};

beforeAll(untilHealthy);

it(`the connector passes everything that another tool writes (SEED=${SEED})`, async () => {
  const random = randomFrom(SEED);
  const order = Object.keys(WRITES)
    .map((name) => ({ name, at: random() }))
    .sort((one, other) => one.at - other.at);
  await whileClientsPay(5, async () => {
    for (const { name } of order) {
      for (const statement of WRITES[name] ?? []) await sql('payments', statement);
      await untilLogPassed(name, PASSED_WITHIN_MS);
    }
  });
  await expect(consoleMetric('cdc_connector_up')).resolves.toBe(1);
  await untilDrained();
  await expect(findings()).resolves.toEqual([]);
});

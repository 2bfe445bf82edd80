import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What Debezium reads: the outbox by day, its own heartbeat, and the publication over both. */
export class Outbox1795219200002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await outbox(runner);
    await heartbeat(runner);
    // Inserts only: dropping a day or pruning heartbeats is not an event. Via the root, so that a
    // new day needs no change to the connector.
    await runner.query(`
      CREATE PUBLICATION payments_outbox FOR TABLE payments.outbox, payments.debezium_heartbeat
        WITH (publish = 'insert', publish_via_partition_root = true)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP PUBLICATION payments_outbox`);
    await runner.query(`DROP TABLE payments.debezium_heartbeat, payments.outbox`);
    await runner.query(`REVOKE USAGE ON SCHEMA payments FROM debezium`);
  }
}

async function outbox(runner: QueryRunner): Promise<void> {
  // One row per event, written by the statement that settles its payment and never changed.
  // The columns are the CloudEvents attributes the connector turns into headers. specversion and
  // payload are text: Connect would send a number 1 for "1.0", and jsonb would reorder the payload.
  // No foreign key: rows go by whole days, payments stay.
  await runner.query(`
    CREATE TABLE payments.outbox (
      event_id      uuid NOT NULL,
      specversion   text NOT NULL,
      topic         text NOT NULL,
      partition_key text NOT NULL,
      event_type    text NOT NULL,
      subject       text NOT NULL,
      occurred_at   timestamptz(3) NOT NULL,
      data_schema   text NOT NULL,
      traceparent   text NOT NULL,
      payload       text NOT NULL,
      PRIMARY KEY (event_id, occurred_at)
    ) PARTITION BY RANGE (occurred_at)`);
  // Where rows go when their day was not made in time: a payment must never fail for want of a table.
  await runner.query(`
    CREATE TABLE payments.outbox_default PARTITION OF payments.outbox DEFAULT`);
  await runner.query(`GRANT SELECT, INSERT ON payments.outbox TO payments_app`);
  await runner.query(`GRANT SELECT ON payments.outbox TO auditor`);
  await runner.query(`GRANT USAGE ON SCHEMA payments TO debezium`);
  await runner.query(`GRANT SELECT ON payments.outbox TO debezium`);
}

async function heartbeat(runner: QueryRunner): Promise<void> {
  // Debezium writes here so that its slot moves on while nobody pays; the application prunes it.
  await runner.query(`
    CREATE TABLE payments.debezium_heartbeat (
      id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      beat_at timestamptz NOT NULL
    )`);
  await runner.query(`GRANT SELECT, INSERT ON payments.debezium_heartbeat TO debezium`);
  await runner.query(`GRANT SELECT, DELETE ON payments.debezium_heartbeat TO payments_app`);
  await runner.query(`GRANT SELECT ON payments.debezium_heartbeat TO auditor`);
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The transactional outbox and its change data capture: one partition per day, the heartbeat of
 * Debezium, the publication of both, and the function that makes and drops the days.
 */
export class Outbox0002 implements MigrationInterface {
  readonly name = 'Outbox0000000000002';

  async up(runner: QueryRunner): Promise<void> {
    await outbox(runner);
    await heartbeat(runner);
    // Inserts only: to drop a day or prune heartbeats is no event. Via the root table, so that a
    // new day needs no change of the connector.
    await runner.query(`
      CREATE PUBLICATION payments_outbox FOR TABLE payments.outbox, payments.debezium_heartbeat
        WITH (publish = 'insert', publish_via_partition_root = true)`);
    await outboxDays(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION payments.keep_outbox_days(int, int, name)`);
    await runner.query(`DROP PUBLICATION payments_outbox`);
    await runner.query(`DROP TABLE payments.debezium_heartbeat, payments.outbox`);
    await runner.query(`REVOKE USAGE ON SCHEMA payments FROM debezium`);
  }
}

async function outbox(runner: QueryRunner): Promise<void> {
  // One row per event. The statement that finalizes the payment writes it; no statement changes it.
  // The columns are the CloudEvents attributes that the connector turns into headers. specversion
  // and payload are text: Connect would send the number 1 for "1.0", and jsonb would reorder the
  // payload. No foreign key: payments stay when their day of the outbox is dropped.
  // A row for a topic that does not exist, or above the size limit of a record, would stop the
  // connector and so every later event. An event has some hundred bytes.
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
      CONSTRAINT topic_exists CHECK (topic = 'payment.completed'),
      CONSTRAINT fits_into_a_record CHECK (
        octet_length(payload) <= 100000 AND
        octet_length(specversion || partition_key || event_type || subject || data_schema ||
                     traceparent) <= 10000),
      PRIMARY KEY (event_id, occurred_at)
    ) PARTITION BY RANGE (occurred_at)`);
  // For rows whose day was not made in time: a payment must never fail because a table is missing.
  await runner.query(`
    CREATE TABLE payments.outbox_default PARTITION OF payments.outbox DEFAULT`);
  await runner.query(`GRANT SELECT, INSERT ON payments.outbox TO payments_app`);
  await runner.query(`GRANT SELECT ON payments.outbox TO auditor`);
  await runner.query(`GRANT USAGE ON SCHEMA payments TO debezium`);
  await runner.query(`GRANT SELECT ON payments.outbox TO debezium`);
}

async function heartbeat(runner: QueryRunner): Promise<void> {
  // Debezium writes here, so that its slot moves on while there are no payments. The application
  // prunes it.
  await runner.query(`
    CREATE TABLE payments.debezium_heartbeat (
      id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      beat_at timestamptz NOT NULL
    )`);
  await runner.query(`GRANT SELECT, INSERT ON payments.debezium_heartbeat TO debezium`);
  await runner.query(`GRANT SELECT, DELETE ON payments.debezium_heartbeat TO payments_app`);
  await runner.query(`GRANT SELECT ON payments.debezium_heartbeat TO auditor`);
}

async function outboxDays(runner: QueryRunner): Promise<void> {
  await runner.query(KEEP_OUTBOX_DAYS);
  const keepOutboxDays = 'payments.keep_outbox_days(int, int, name)';
  await runner.query(`REVOKE ALL ON FUNCTION ${keepOutboxDays} FROM PUBLIC`);
  await runner.query(`GRANT EXECUTE ON FUNCTION ${keepOutboxDays} TO payments_app`);
  await runner.query(`SELECT payments.keep_outbox_days(3, 2)`);
}

// Makes and drops days as the owner, because the application may not create tables. Returns how
// many days after today (UTC) have their partition.
//
// Makes: a day that already has rows in the default partition stays there. To move them would
// publish them again.
//
// Drops: a day as a whole, once its *last* row is older than days_kept. Its first row lives up to a
// day longer; assertDedupWindowCovers counts that day as its margin. The bounds stop a faulty
// caller that would drop rows that are still needed, or make years of tables.
//
// It drops only while the reader of the slot
//   - is active. Then it takes no snapshot of these rows. (A slot is inactive during a snapshot,
//     and when it is lost or missing. While it is created it is active, with nothing confirmed.)
//   - has confirmed a row of the last day, so all rows that go. A connection proves nothing:
//     while the broker is away the connector confirms nothing, and PostgreSQL may invalidate its
//     slot with all rows that it has not sent. A heartbeat is a row like any other. It is confirmed
//     once its transaction is older than all that the slot remembers (catalog_xmin).
// In every other case a repair may have to publish these rows.
const KEEP_OUTBOX_DAYS = `
  CREATE FUNCTION payments.keep_outbox_days(
    days_ahead int, days_kept int, read_by name DEFAULT 'payments_outbox') RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '500ms'
  AS $$
  DECLARE
    day date;
    old name;
    ready int := 0;
  BEGIN
    IF days_ahead NOT BETWEEN 1 AND 14 OR days_kept NOT BETWEEN 2 AND 30 THEN
      RAISE EXCEPTION 'days_ahead must be 1 to 14 and days_kept 2 to 30'
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Two processes at once would both find a day missing; the second waits and finds it made.
    PERFORM pg_advisory_xact_lock(hashtext('payments.keep_outbox_days'));

    FOR day IN SELECT current_date + ahead FROM generate_series(0, days_ahead) AS ahead LOOP
      IF to_regclass(format('payments.outbox_%s', to_char(day, 'YYYYMMDD'))) IS NULL
        AND NOT EXISTS (
          SELECT FROM payments.outbox_default WHERE occurred_at >= day AND occurred_at < day + 1)
      THEN
        EXECUTE format(
          'CREATE TABLE payments.outbox_%s PARTITION OF payments.outbox FOR VALUES FROM (%L) TO (%L)',
          to_char(day, 'YYYYMMDD'), day::timestamptz, (day + 1)::timestamptz);
      END IF;
      IF day > current_date
        AND to_regclass(format('payments.outbox_%s', to_char(day, 'YYYYMMDD'))) IS NOT NULL
      THEN
        ready := ready + 1;
      END IF;
    END LOOP;

    IF NOT EXISTS (
      SELECT FROM pg_replication_slots AS slot
      WHERE slot_name = read_by AND database = current_database()
        AND active AND confirmed_flush_lsn IS NOT NULL AND wal_status <> 'lost'
        AND EXISTS (
          SELECT FROM payments.debezium_heartbeat AS beat
          WHERE beat_at > now() - interval '1 day' AND age(beat.xmin) > age(slot.catalog_xmin)))
    THEN
      RETURN ready;
    END IF;

    FOR old IN
      SELECT relname FROM pg_class
      WHERE relnamespace = 'payments'::regnamespace AND relname ~ '^outbox_[0-9]{8}$'
        AND relkind = 'r' AND to_date(right(relname, 8), 'YYYYMMDD') < current_date - days_kept
    LOOP
      EXECUTE format('DROP TABLE payments.%I', old);
    END LOOP;
    DELETE FROM payments.outbox_default WHERE occurred_at < current_date - days_kept;
    RETURN ready;
  END $$`;

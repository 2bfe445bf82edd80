import type { MigrationInterface, QueryRunner } from 'typeorm';
import { KEEP_OUTBOX_DAYS } from './1795219200003-outbox-days.js';

/** No day of the outbox goes before its events are surely published: its rows may be all there is of them. */
export class OutboxDaysUntilRead1795219200008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION payments.keep_outbox_days(int, int)`);
    await runner.query(KEEP_OUTBOX_DAYS_UNTIL_READ);
    await allow(runner, 'payments.keep_outbox_days(int, int, name)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION payments.keep_outbox_days(int, int, name)`);
    await runner.query(KEEP_OUTBOX_DAYS);
    await allow(runner, 'payments.keep_outbox_days(int, int)');
  }
}

async function allow(runner: QueryRunner, keepOutboxDays: string): Promise<void> {
  await runner.query(`REVOKE ALL ON FUNCTION ${keepOutboxDays} FROM PUBLIC`);
  await runner.query(`GRANT EXECUTE ON FUNCTION ${keepOutboxDays} TO payments_app`);
}

// As before, and: days and the default partition's old rows go only while their reader
//   - reads: then no snapshot of the rows is under way. (A slot is not active during one, nor when it is lost
//     or missing; while it is being made it is, with nothing confirmed.)
//   - has confirmed something of the last day, hence all that goes. Being connected proves nothing: with the
//     broker away it confirms nothing, and its slot may be given up with all that was not sent. A heartbeat
//     is a row like any other. Once its transaction is older than all that the slot remembers
//     (catalog_xmin), it has been confirmed.
// Otherwise the rows are what a repair publishes.
const KEEP_OUTBOX_DAYS_UNTIL_READ = `
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

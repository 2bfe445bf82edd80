import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A function that makes and drops the outbox's days, for an application that may not create tables. */
export class OutboxDays1795219200003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(KEEP_OUTBOX_DAYS);
    await runner.query(`REVOKE ALL ON FUNCTION payments.keep_outbox_days(int, int) FROM PUBLIC`);
    await runner.query(
      `GRANT EXECUTE ON FUNCTION payments.keep_outbox_days(int, int) TO payments_app`,
    );
    await runner.query(`SELECT payments.keep_outbox_days(3, 2)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION payments.keep_outbox_days(int, int)`);
  }
}

// Answers how many days after today (UTC) have their partition.
// A day is dropped whole once its *last* row is older than days_kept, so its first row lives up to a
// day longer: that day is the margin in assertDedupWindowCovers.
// A day that already has rows in the default partition stays there: moving them would publish them again.
// The bounds stop a faulty caller from dropping evidence that is still needed, or making years of tables.
export const KEEP_OUTBOX_DAYS = `
  CREATE FUNCTION payments.keep_outbox_days(days_ahead int, days_kept int) RETURNS int
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

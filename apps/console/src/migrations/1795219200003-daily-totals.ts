import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The totals of each day, as `npm run reconcile` computed them. */
export class DailyTotals1795219200003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [DAILY_TOTALS, MAKE_DAY, DROP_DAYS, RIGHTS]) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION console.drop_daily_totals(int, int)`);
    await runner.query(`DROP FUNCTION console.make_daily_totals_day(date)`);
    await runner.query(`DROP TABLE console.daily_totals`);
  }
}

const DAILY_TOTALS = `
  -- One row per day, source, currency and user. Each day is a partition, because reconcile writes a
  -- day as a whole, and the console drops it as a whole.
  CREATE TABLE console.daily_totals (
    day          date    NOT NULL,
    source       text    NOT NULL CHECK (source IN ('payments', 'psp', 'points', 'documents')),
    currency     text    NOT NULL,
    user_id      text    NOT NULL,
    payments     bigint  NOT NULL,
    -- The sum of ten million payments of the largest amount does not fit into a bigint.
    amount_minor numeric NOT NULL,
    PRIMARY KEY (day, source, currency, user_id)
  ) PARTITION BY RANGE (day);`;

// The owner runs it, because the console may not create tables. An advisory lock in reconcile
// excludes two concurrent runs for one day.
const MAKE_DAY = `
  CREATE FUNCTION console.make_daily_totals_day(day date) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$
  BEGIN
    IF to_regclass(format('console.daily_totals_%s', to_char(day, 'YYYYMMDD'))) IS NULL THEN
      EXECUTE format(
        'CREATE TABLE console.daily_totals_%s PARTITION OF console.daily_totals FOR VALUES FROM (%L) TO (%L)',
        to_char(day, 'YYYYMMDD'), day, day + 1);
    END IF;
  END $$;`;

// The owner runs it, because the console may not drop tables.
const DROP_DAYS = `
  -- Drops a batch of old days and returns their number; 0 means that no old day is left. The lock
  -- timeout of the caller ends the wait for a running reconcile.
  CREATE FUNCTION console.drop_daily_totals(days_kept int, days_max int) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$
  DECLARE
    old name;
    dropped int := 0;
  BEGIN
    IF days_kept < 60 THEN
      RAISE EXCEPTION 'daily totals are kept for at least 60 days, not %', days_kept
        USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR old IN
      SELECT relname FROM pg_class
       WHERE relnamespace = 'console'::regnamespace AND relname ~ '^daily_totals_[0-9]{8}$'
         AND relkind = 'r' AND to_date(right(relname, 8), 'YYYYMMDD') < current_date - days_kept
       ORDER BY relname LIMIT days_max
    LOOP
      EXECUTE format('DROP TABLE IF EXISTS console.%I', old);
      dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
  END $$;`;

const RIGHTS = `
  REVOKE ALL ON FUNCTION console.make_daily_totals_day(date) FROM PUBLIC;
  REVOKE ALL ON FUNCTION console.drop_daily_totals(int, int) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION console.make_daily_totals_day(date) TO console_app;
  GRANT EXECUTE ON FUNCTION console.drop_daily_totals(int, int) TO console_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON console.daily_totals TO console_app;
  GRANT SELECT ON console.daily_totals TO auditor;
  -- reconcile stages rows in temporary tables.
  DO $$ BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO console_app', current_database());
  END $$;`;

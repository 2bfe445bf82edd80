import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What each day came to, as `npm run reconcile` found it. */
export class DailyTotals1795219200010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [DAILY_TOTALS, MAKE_DAY, RIGHTS]) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION console.make_daily_totals_day(date)`);
    await runner.query(`DROP TABLE console.daily_totals`);
  }
}

const DAILY_TOTALS = `
  -- One row for what one of the four (source) says about one user and currency on one day. A day is a
  -- partition of its own: it is written as a whole, and dropped as a whole when nobody needs it any more.
  CREATE TABLE console.daily_totals (
    day          date    NOT NULL,
    source       text    NOT NULL CHECK (source IN ('payments', 'psp', 'points', 'documents')),
    currency     text    NOT NULL,
    user_id      text    NOT NULL,
    payments     bigint  NOT NULL,
    -- A sum of ten million payments of the largest amount is more than a bigint holds.
    amount_minor numeric NOT NULL,
    PRIMARY KEY (day, source, currency, user_id)
  ) PARTITION BY RANGE (day);`;

// For an application that may not create tables. Two runs at once are kept apart by their own lock.
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

const RIGHTS = `
  REVOKE ALL ON FUNCTION console.make_daily_totals_day(date) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION console.make_daily_totals_day(date) TO console_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON console.daily_totals TO console_app;
  GRANT SELECT ON console.daily_totals TO auditor;
  -- Staged in temporary tables while it is added up.
  DO $$ BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO console_app', current_database());
  END $$;`;

import type { Client } from 'pg';

/** The totals of the staged rows. `$1` is the day. The statement never reads the clock. */
const TOTALS = `
  SELECT $1::date, source, currency, user_id, sum(sign(amount_minor)), sum(amount_minor)
    FROM (SELECT 'payments' AS source, user_id, currency, amount_minor FROM day_payments
          UNION ALL
          SELECT source, user_id, currency, amount_minor FROM day_effects) AS staged
   GROUP BY source, currency, user_id`;

const INSERT = `
  INSERT INTO console.daily_totals (day, source, currency, user_id, payments, amount_minor) ${TOTALS}`;

/**
 * Three patterns to write the result of a batch job. Each is idempotent. They differ in what they
 * do to the rows of an earlier run:
 *
 *                     changed row     row not in the result   rows written
 *   overwrite         replaced        deleted                 the whole day
 *   merge             replaced        stays, and is wrong     the result
 *   insert_if_absent  stays as it was stays                   the new rows
 *
 * Use overwrite if the result is complete, merge if the result has only the changed rows, and
 * insert_if_absent if rows are facts that never change (events, ids). A reconciliation must delete
 * the totals that turned out to be wrong, so it overwrites.
 */
export const WRITE = {
  /** DELETE, because a TRUNCATE blocks concurrent readers and is visible to older snapshots. */
  overwrite: async (database: Client, day: string) => {
    await database.query('SELECT console.make_daily_totals_day($1)', [day]);
    await database.query('DELETE FROM console.daily_totals WHERE day = $1', [day]);
    await database.query(INSERT, [day]);
  },

  merge: async (database: Client, day: string) => {
    await database.query('SELECT console.make_daily_totals_day($1)', [day]);
    await database.query(
      `${INSERT} ON CONFLICT (day, source, currency, user_id) DO UPDATE
         SET payments = excluded.payments, amount_minor = excluded.amount_minor`,
      [day],
    );
  },

  insert_if_absent: async (database: Client, day: string) => {
    await database.query('SELECT console.make_daily_totals_day($1)', [day]);
    await database.query(`${INSERT} ON CONFLICT (day, source, currency, user_id) DO NOTHING`, [
      day,
    ]);
  },
} satisfies Record<string, (database: Client, day: string) => Promise<void>>;

export type WritePattern = keyof typeof WRITE;

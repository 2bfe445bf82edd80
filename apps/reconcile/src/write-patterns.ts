import type { Client } from 'pg';

/** What the staged rows add up to. `$1` is the day; nothing asks what time it is. */
const TOTALS = `
  SELECT $1::date, source, currency, user_id, sum(sign(amount_minor)), sum(amount_minor)
    FROM (SELECT 'payments' AS source, user_id, currency, amount_minor FROM day_payments
          UNION ALL
          SELECT source, user_id, currency, amount_minor FROM day_effects) AS staged
   GROUP BY source, currency, user_id`;

const INSERT = `
  INSERT INTO console.daily_totals (day, source, currency, user_id, payments, amount_minor) ${TOTALS}`;

/**
 * Three ways to write a batch job's result, each safe to repeat. They differ in what becomes of what an
 * earlier run wrote:
 *
 * |                  | a row that changed | a row that is not in the result any more | cost                     | when to use it                                |
 * |------------------|--------------------|------------------------------------------|--------------------------|-----------------------------------------------|
 * | overwrite        | replaced           | gone                                     | the whole day, each time | the result is all there is to say of the day  |
 * | merge            | replaced           | stays, and lies                          | what is in the result    | the result is a part: only what changed came  |
 * | insert_if_absent | stays, and lies    | stays                                    | what is new              | rows are facts that never change: events, ids |
 *
 * A reconciliation has to forget what turned out not to be, so it overwrites.
 */
export const WRITE = {
  /** DELETE and not TRUNCATE, which readers under way would see at once, and wait for. */
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

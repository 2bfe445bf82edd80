import type { Client } from 'pg';

/** The four sources of a total. */
export type Source = 'payments' | 'psp' | 'points' | 'documents';

export interface Total {
  source: Source;
  currency: string;
  userId: string;
  payments: number;
  /** A string, because a sum may exceed the safe integers of a double. */
  amountMinor: string;
}

export interface Difference {
  currency: string;
  userId: string;
  /** The total of each source; absent = the source has no row. */
  says: Partial<Record<Source, { payments: number; amountMinor: string }>>;
}

const TOTALS = `
  SELECT source, currency, user_id AS "userId", payments::int, amount_minor::text AS "amountMinor"
    FROM console.daily_totals WHERE day = $1
   ORDER BY array_position(array['payments', 'psp', 'points', 'documents'], source),
            currency COLLATE "C", user_id COLLATE "C"`;

const DIFFERENCES = `
  SELECT currency, user_id AS "userId",
         json_object_agg(source, json_build_object(
           'payments', payments, 'amountMinor', amount_minor::text) ORDER BY source) AS says
    FROM console.daily_totals WHERE day = $1
   GROUP BY currency, user_id
  HAVING count(*) < 4 OR count(DISTINCT payments) > 1 OR count(DISTINCT amount_minor) > 1
   ORDER BY currency COLLATE "C", user_id COLLATE "C"`;

export async function totalsOf(database: Client, day: string): Promise<Total[]> {
  return (await database.query<Total>(TOTALS, [day])).rows;
}

/** Users and currencies for which the four sources disagree. */
export async function differencesOf(database: Client, day: string): Promise<Difference[]> {
  return (await database.query<Difference>(DIFFERENCES, [day])).rows;
}

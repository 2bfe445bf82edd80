import type { Evidence } from '../evidence.js';
import { openSnapshot, rowsOf } from './postgres.js';

// Summed by the database: an account is compared with its entries as of the same instant.
const UNBALANCED = `
  SELECT coalesce(account.user_id, earned.user_id) AS user_id,
         coalesce(account.balance, 0) AS balance, coalesce(earned.points, 0) AS points
    FROM loyalty.accounts account
    FULL JOIN (SELECT user_id, sum(points) AS points
                 FROM loyalty.points_entries GROUP BY user_id) earned USING (user_id)
   WHERE coalesce(account.balance, 0) <> coalesce(earned.points, 0)`;

// In µs of the database's own clock, which a double holds exactly. A user's entries are written one
// statement after the other, so theirs are never the same.
const ENTRIES = `
  SELECT payment_id, (extract(epoch FROM awarded_at) * 1000000)::bigint AS awarded_at_us
    FROM loyalty.points_entries`;

export type Points = Pick<Evidence, 'pointsEntries' | 'unbalancedAccounts'> & {
  firstAwarded: Map<string, number>;
};

/** The loyalty database's entries per payment, and the accounts that do not add up. */
export async function readPoints(url: string): Promise<Points> {
  const client = await openSnapshot(url);
  try {
    const pointsEntries: Evidence['pointsEntries'] = new Map();
    const firstAwarded: Points['firstAwarded'] = new Map();
    for await (const row of rowsOf<Record<'payment_id' | 'awarded_at_us', string>>(
      client,
      ENTRIES,
    )) {
      const id = row.payment_id;
      pointsEntries.set(id, (pointsEntries.get(id) ?? 0) + 1);
      const awardedAtUs = Number(row.awarded_at_us);
      firstAwarded.set(id, Math.min(awardedAtUs, firstAwarded.get(id) ?? Infinity));
    }
    const unbalancedAccounts: Evidence['unbalancedAccounts'] = [];
    for await (const row of rowsOf<Record<'user_id' | 'balance' | 'points', string>>(
      client,
      UNBALANCED,
    )) {
      unbalancedAccounts.push({
        userId: row.user_id,
        balance: BigInt(row.balance),
        sumOfEntries: BigInt(row.points),
      });
    }
    return { pointsEntries, firstAwarded, unbalancedAccounts };
  } finally {
    await client.end();
  }
}

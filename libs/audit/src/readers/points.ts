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

/** The loyalty database's entries per payment, and the accounts that do not add up. */
export async function readPoints(
  url: string,
): Promise<Pick<Evidence, 'pointsEntries' | 'unbalancedAccounts'>> {
  const client = await openSnapshot(url);
  try {
    const pointsEntries: Evidence['pointsEntries'] = new Map();
    const sql = 'SELECT payment_id FROM loyalty.points_entries';
    for await (const { payment_id: id } of rowsOf<{ payment_id: string }>(client, sql)) {
      pointsEntries.set(id, (pointsEntries.get(id) ?? 0) + 1);
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
    return { pointsEntries, unbalancedAccounts };
  } finally {
    await client.end();
  }
}

import type { FactOf, Take } from '../evidence/facts.js';
import { openSnapshot, rowsOf, timeOf } from './postgres.js';

// PostgreSQL sums the entries, so that one snapshot gives an account and its entries.
export const unbalanced = (ofUsers: string) => `
  SELECT coalesce(account.user_id, earned.user_id) AS user_id,
         coalesce(account.balance, 0) AS balance, coalesce(earned.points, 0) AS points
    FROM (SELECT * FROM loyalty.accounts WHERE ${ofUsers}) account
    FULL JOIN (SELECT user_id, sum(points) AS points
                 FROM loyalty.points_entries WHERE ${ofUsers} GROUP BY user_id) earned USING (user_id)
   WHERE coalesce(account.balance, 0) <> coalesce(earned.points, 0)`;

// In µs of PostgreSQL's clock, which a double holds exactly. The entries of one user are written
// one statement after the other, so two of them never have the same time.
export const ENTRIES = `
  SELECT payment_id, user_id, amount_minor, currency,
         (extract(epoch FROM awarded_at) * 1000000)::bigint AS awarded_at_us
    FROM loyalty.points_entries`;

export type EntryRow = Record<
  'payment_id' | 'user_id' | 'amount_minor' | 'currency' | 'awarded_at_us',
  string
>;
export type AccountRow = Record<'user_id' | 'balance' | 'points', string>;

export const entryOf = (row: EntryRow): FactOf<'points_entry'> => ({
  kind: 'points_entry',
  paymentId: row.payment_id,
  userId: row.user_id,
  amountMinor: Number(row.amount_minor),
  currency: row.currency,
  at: Number(row.awarded_at_us),
});

/** Reads the points entries since then, and those of their users' accounts that do not add up. */
export async function readPoints(
  url: string,
  take: Take<'points_entry' | 'unbalanced_account'>,
  sinceMs?: number,
): Promise<void> {
  const client = await openSnapshot(url);
  const entries = sinceMs ? `awarded_at >= ${timeOf(sinceMs)}` : 'true';
  const ofUsers = sinceMs
    ? `user_id IN (SELECT user_id FROM loyalty.points_entries WHERE ${entries})`
    : 'true';
  try {
    for await (const row of rowsOf<EntryRow>(client, `${ENTRIES} WHERE ${entries}`)) {
      await take(entryOf(row));
    }
    for await (const row of rowsOf<AccountRow>(client, unbalanced(ofUsers))) {
      await take({
        kind: 'unbalanced_account',
        userId: row.user_id,
        balance: BigInt(row.balance),
        sumOfEntries: BigInt(row.points),
      });
    }
  } finally {
    await client.end();
  }
}

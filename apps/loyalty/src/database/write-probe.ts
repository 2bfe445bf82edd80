import { onNewConnection } from '@effectively-once/postgres';

// An inbox row and a balance, as every entry writes them. Rolled back, so no reader sees them.
const WRITE_AN_ENTRY = `
  BEGIN;
  INSERT INTO loyalty.points_entries (payment_id, user_id, amount_minor, currency, points, event_id)
    VALUES (gen_random_uuid(), 'probe', 1, 'EUR', 0, gen_random_uuid());
  INSERT INTO loyalty.accounts AS account (user_id, balance) VALUES ('probe ' || random(), 0)
    ON CONFLICT (user_id) DO UPDATE SET balance = account.balance;
  ROLLBACK`;

/**
 * Tries the work of loyalty on a new connection. A database can answer `select 1` and refuse every
 * entry: it is read-only after a failover, its disk is full, or a permission was taken away.
 * @throws the error of PostgreSQL.
 */
export async function probeEntries(url: string): Promise<void> {
  await onNewConnection({ url, applicationName: 'loyalty-probe' }, (client) =>
    client.query(WRITE_AN_ENTRY),
  );
}

import type { Client } from 'pg';

/** Transactions committed in the payments database: one per statement, as none is opened by hand. */
export async function transactionsSoFar(client: Client): Promise<number> {
  // Every backend reports when it is idle, at most once a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const { rows } = await client.query<{ commits: string }>(
    'SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]?.commits);
}

/** What a committed payment is promised: the settings that decide whether it outlives a power cut. */
export async function databaseFacts(client: Client): Promise<string> {
  const { rows } = await client.query<{ fact: string }>(
    `SELECT name || ' ' || setting AS fact FROM pg_settings
     WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'commit_delay')
     UNION ALL SELECT 'version ' || current_setting('server_version')`,
  );
  return rows.map(({ fact }) => fact).join(', ');
}

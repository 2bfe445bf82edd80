import type { Client } from 'pg';

/** Committed transactions of the payments database: one per statement, because none uses BEGIN. */
export async function transactionsSoFar(client: Client): Promise<number> {
  // Each PostgreSQL backend reports its statistics when it is idle, at most once a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const { rows } = await client.query<{ commits: string }>(
    'SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]?.commits);
}

/** The settings that decide whether a committed payment survives a power cut. */
export async function databaseFacts(client: Client): Promise<string> {
  const { rows } = await client.query<{ fact: string }>(
    `SELECT name || ' ' || setting AS fact FROM pg_settings
     WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'commit_delay')
     UNION ALL SELECT 'version ' || current_setting('server_version')`,
  );
  return rows.map(({ fact }) => fact).join(', ');
}

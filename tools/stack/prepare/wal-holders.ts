import type pg from 'pg';

/** The owner of one function. PostgreSQL refuses its login. */
const OWNER = 'session_watcher';

/**
 * Creates the function that names the transactions that hold back the write-ahead log. Safe to
 * repeat.
 *
 * PostgreSQL shows the transactions of other sessions only to members of `pg_read_all_stats`, and
 * together with their queries, in which customer data may be. So the function belongs to a role
 * with this right, runs with it (SECURITY DEFINER), and returns no query. The auditor may only call
 * it.
 *
 * Not a migration: a migration runs as the owner of one database, who may not see other sessions.
 *
 * @param client as the superuser, in the payments database after its migrations.
 */
export async function createWalHolders(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [OWNER]);
  if (!rowCount) await client.query(`CREATE ROLE ${OWNER} NOLOGIN`);
  await client.query(`GRANT pg_read_all_stats TO ${OWNER}`);
  // In one transaction: between the two statements every role could call a new function.
  await client.query('BEGIN');
  await client.query(WAL_HOLDERS);
  await client.query('REVOKE ALL ON FUNCTION payments.wal_holders() FROM PUBLIC');
  await client.query('GRANT EXECUTE ON FUNCTION payments.wal_holders() TO auditor');
  await client.query(`ALTER FUNCTION payments.wal_holders() OWNER TO ${OWNER}`);
  await client.query('COMMIT');
}

// A transaction without an id has written nothing, and holds no log back. One of ten seconds or
// less is ordinary work. The oldest id comes first: the slot cannot pass it.
const WAL_HOLDERS = `
  CREATE OR REPLACE FUNCTION payments.wal_holders()
  RETURNS TABLE (
    kind text, pid int, application text, role text, database text, state text, open_seconds int)
  LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $$
    SELECT kind, pid, application, role, database, state, open_seconds FROM (
      SELECT 'session' AS kind, pid,
             -- A process of PostgreSQL itself, such as autovacuum, has no name of its own.
             coalesce(nullif(application_name, ''), backend_type) AS application,
             coalesce(usename, '') AS role, coalesce(datname, '') AS database,
             coalesce(state, '') AS state,
             extract(epoch FROM clock_timestamp() - xact_start)::int AS open_seconds,
             age(backend_xid) AS age
        FROM pg_stat_activity
       WHERE backend_xid IS NOT NULL AND xact_start < clock_timestamp() - interval '10 s'
      UNION ALL
      SELECT 'prepared transaction', NULL, gid, owner, database, 'prepared',
             extract(epoch FROM clock_timestamp() - prepared)::int, age(transaction)
        FROM pg_prepared_xacts
       WHERE prepared < clock_timestamp() - interval '10 s'
    ) AS transactions
    ORDER BY age DESC LIMIT 10
  $$`;

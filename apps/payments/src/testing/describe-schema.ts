import type { Client } from 'pg';

/**
 * The schema as PostgreSQL itself describes it: every table with its columns, constraints, indexes,
 * row policies and rights, and every function. To read and to compare, not to run.
 *
 * (Not pg_dump: the repository does not bring it along, and its output changes with its version.)
 */
export async function describeSchema(client: Client): Promise<string> {
  const one = async (sql: string) =>
    (await client.query<{ line: string }>(sql)).rows.map(({ line }) => line);
  const tables = await client.query<{ name: string; oid: string; kind: string }>(TABLES);
  const parts: string[] = [];
  for (const { name, oid, kind } of tables.rows) {
    parts.push(
      [
        `TABLE payments.${name}${kind}`,
        ...(await one(COLUMNS.replaceAll(':table', oid))),
        ...(await one(CONSTRAINTS.replaceAll(':table', oid))),
        ...(await one(INDEXES.replaceAll(':table', oid))),
        ...(await one(POLICIES.replaceAll(':table', oid))),
        ...(await one(TABLE_RIGHTS.replaceAll(':table', oid))),
        ...(await one(COLUMN_RIGHTS.replaceAll(':table', oid))),
      ].join('\n  '),
    );
  }
  parts.push((await one(PUBLICATIONS)).join('\n'), ...(await one(FUNCTIONS)));
  return `${parts.join('\n\n')}\n`;
}

// Without the days of the outbox, which change daily, and TypeORM's own table of migrations.
const TABLES = `
  SELECT relname AS name, oid::text,
    CASE WHEN relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(oid)
      WHEN relispartition THEN ' PARTITION ' || pg_get_expr(relpartbound, oid) ELSE '' END
      || CASE WHEN relrowsecurity THEN ' ROW LEVEL SECURITY' ELSE '' END AS kind
  FROM pg_class
  WHERE relnamespace = 'payments'::regnamespace AND relkind IN ('r', 'p')
    AND relname !~ '^outbox_\\d' AND relname <> 'migrations'
  ORDER BY relname`;

const COLUMNS = `
  SELECT rpad(attname, 16) || format_type(atttypid, atttypmod)
    || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
    || CASE WHEN attidentity <> '' THEN ' IDENTITY' ELSE '' END
    || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '') AS line
  FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  WHERE attrelid = :table AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;

// NOT NULL is part of the column.
const CONSTRAINTS = `
  SELECT 'CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid) AS line
  FROM pg_constraint WHERE conrelid = :table AND contype <> 'n' ORDER BY conname`;

const INDEXES = `
  SELECT pg_get_indexdef(indexrelid) AS line FROM pg_index
  WHERE indrelid = :table ORDER BY indexrelid::regclass::text`;

const POLICIES = `
  SELECT 'POLICY ' || polname || ' FOR '
    || CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
      WHEN 'd' THEN 'DELETE' ELSE 'ALL' END
    || ' TO ' || (SELECT string_agg(role::regrole::text, ', ' ORDER BY role::regrole::text)
      FROM unnest(polroles) AS role)
    || coalesce(' USING (' || pg_get_expr(polqual, polrelid) || ')', '')
    || coalesce(' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')', '') AS line
  FROM pg_policy WHERE polrelid = :table ORDER BY polname`;

const TABLE_RIGHTS = `
  SELECT 'GRANT ' || string_agg(privilege_type, ', ' ORDER BY privilege_type)
    || ' TO ' || grantee::regrole AS line
  FROM pg_class, aclexplode(relacl)
  WHERE pg_class.oid = :table AND grantee <> relowner GROUP BY grantee ORDER BY 1`;

const COLUMN_RIGHTS = `
  SELECT 'GRANT ' || privilege_type || ' (' || string_agg(attname, ', ' ORDER BY attnum)
    || ') TO ' || grantee::regrole AS line
  FROM pg_attribute, aclexplode(attacl)
  WHERE attrelid = :table GROUP BY grantee, privilege_type ORDER BY 1`;

const PUBLICATIONS = `
  SELECT 'PUBLICATION ' || pubname || ' FOR ' ||
    (SELECT string_agg(prrelid::regclass::text, ', ' ORDER BY prrelid::regclass::text)
     FROM pg_publication_rel WHERE prpubid = pg_publication.oid)
    || CASE WHEN pubinsert THEN ' INSERT' ELSE '' END
    || CASE WHEN pubupdate THEN ' UPDATE' ELSE '' END
    || CASE WHEN pubdelete THEN ' DELETE' ELSE '' END
    || CASE WHEN pubtruncate THEN ' TRUNCATE' ELSE '' END
    || CASE WHEN pubviaroot THEN ' VIA ROOT' ELSE '' END AS line
  FROM pg_publication ORDER BY pubname`;

const FUNCTIONS = `
  SELECT pg_get_functiondef(oid) || (
      SELECT coalesce(string_agg(E'\\nGRANT ' || privilege_type || ' TO ' || grantee::regrole, ''
        ORDER BY grantee::regrole::text), '')
      FROM aclexplode(proacl) WHERE grantee <> proowner) AS line
  FROM pg_proc WHERE pronamespace = 'payments'::regnamespace ORDER BY proname`;

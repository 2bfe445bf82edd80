import { z } from 'zod';
import type { Query } from '../payments-database.js';

// As in infra/postgres/postgresql.conf. More is allowed: the runbook raises it in an emergency.
const SLOT_WAL_KEEP_MIN_MB = 2_048;
const PUBLICATION = 'payments_outbox';
const PUBLISHED = ['payments.debezium_heartbeat', 'payments.outbox'];

type Rule = (value: string) => boolean;
const is =
  (...values: string[]): Rule =>
  (value) =>
    values.includes(value);

// A crash of PostgreSQL must lose no committed payment, and the connector must be able to read all.
const SETTINGS: Record<string, { holds: Rule; otherwise: string }> = {
  wal_level: { holds: is('logical'), otherwise: 'the connector cannot read the log' },
  fsync: { holds: is('on'), otherwise: 'a crash of the machine loses committed payments' },
  full_page_writes: { holds: is('on'), otherwise: 'a crash of the machine damages tables' },
  synchronous_commit: {
    holds: (value) => value !== 'off',
    otherwise: 'a crash loses payments that customers have been told of',
  },
  default_transaction_read_only: { holds: is('off'), otherwise: 'every checkout is refused' },
  session_replication_role: {
    holds: is('origin'),
    otherwise: 'foreign keys and triggers are off',
  },
  max_slot_wal_keep_size: {
    holds: (value) => Number(value) >= SLOT_WAL_KEEP_MIN_MB,
    otherwise:
      'with less, a short outage loses the slot; without a limit, a long one fills the disk',
  },
};

/** The settings that one role or one database may override. */
const OVERRIDABLE = [
  'synchronous_commit',
  'default_transaction_read_only',
  'session_replication_role',
];

const setting = z.object({ name: z.string(), setting: z.string() });
const override = z.object({ role: z.string(), setting: z.string() });
const named = z.object({ name: z.string() });

/** What of the server is not as the guarantees need it. Runs as role auditor. */
export async function postgresProblems(query: Query): Promise<string[]> {
  const settings = await query(`SELECT name, setting FROM pg_settings WHERE name = ANY ($1)`, [
    Object.keys(SETTINGS),
  ]);
  const ofServer = settings.flatMap((row) => {
    const { name, setting: value } = setting.parse(row);
    return judge(name, value, 'of the server');
  });
  const overrides = await query(
    `SELECT coalesce(rolname, 'every role') AS role, unnest(setconfig) AS setting
       FROM pg_db_role_setting LEFT JOIN pg_roles ON pg_roles.oid = setrole`,
  );
  const ofRoles = overrides.flatMap((row) => {
    const { role, setting: assignment } = override.parse(row);
    const [name = '', value = ''] = assignment.split('=');
    return OVERRIDABLE.includes(name) ? judge(name, value, `of ${role}`) : [];
  });
  // An unlogged table writes no log: the connector sees none of its rows, and a crash empties it.
  const unlogged = await query(
    `SELECT relname AS name FROM pg_class
      WHERE relnamespace = 'payments'::regnamespace AND relkind = 'r' AND relpersistence <> 'p'
      ORDER BY relname`,
  );
  return [
    ...ofServer,
    ...ofRoles,
    ...unlogged.map((row) => `the table payments.${named.parse(row).name} is unlogged`),
  ];
}

function judge(name: string, value: string, whose: string): string[] {
  const rule = SETTINGS[name];
  if (!rule || rule.holds(value)) return [];
  return [`${name} ${whose} is ${value}: ${rule.otherwise}`];
}

const publication = z.object({ inserts: z.boolean(), via_root: z.boolean() });
const published = z.object({
  name: z.string(),
  filter: z.string().nullable(),
  missing: z.array(z.string()).nullable(),
});

/**
 * What of the publication is not as the migrations made it. PostgreSQL sends the connector only
 * what is published. It skips the rest for ever, while the connector is healthy.
 */
export async function publicationProblems(query: Query): Promise<string[]> {
  const [found] = await query(
    `SELECT pubinsert AS inserts, pubviaroot AS via_root FROM pg_publication WHERE pubname = $1`,
    [PUBLICATION],
  );
  if (!found) return [`the publication ${PUBLICATION} is missing`];
  const { inserts, via_root } = publication.parse(found);
  const tables = (
    await query(
      `SELECT schemaname || '.' || tablename AS name, rowfilter AS filter,
              (SELECT array_agg(attname::text) FROM pg_attribute
                WHERE attrelid = format('%I.%I', schemaname, tablename)::regclass
                  AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
                  AND attname <> ALL (attnames)) AS missing
         FROM pg_publication_tables WHERE pubname = $1`,
      [PUBLICATION],
    )
  ).map((row) => published.parse(row));
  const names = tables.map(({ name }) => name);
  return [
    ...(inserts ? [] : ['the publication publishes no inserts']),
    ...(via_root ? [] : ['the publication names partitions instead of payments.outbox']),
    ...PUBLISHED.filter((name) => !names.includes(name)).map((name) => `${name} is not published`),
    ...names
      .filter((name) => !PUBLISHED.includes(name))
      .map((name) => `${name} is published, and must not be`),
    ...tables.flatMap(({ name, filter, missing }) => [
      ...(filter === null ? [] : [`only some rows of ${name} are published`]),
      ...(missing === null ? [] : [`${name} is published without ${missing.join(', ')}`]),
    ]),
  ];
}

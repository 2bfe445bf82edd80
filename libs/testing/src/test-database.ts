import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { testAddresses } from './addresses.js';

type Role = `${'payments' | 'loyalty' | 'console'}_${'owner' | 'app'}` | 'debezium' | 'auditor';

export interface TestDatabase {
  /** As the superuser. */
  url: string;
  /** As a role of the system. Every stack has them, with the passwords of `.env`. */
  as: (role: Role) => string;
  drop: () => Promise<void>;
}

/**
 * Creates an empty database for one spec file, so that specs cannot see each other's rows.
 *
 * @param owner the role that may create schemas in it, as migrations do; the superuser by default.
 */
export async function createTestDatabase(prefix: string, owner?: Role): Promise<TestDatabase> {
  const server = testAddresses().POSTGRES_SUPERUSER_URL;
  const name = `test_${prefix}_${randomBytes(4).toString('hex')}`;
  const owned = owner === undefined ? '' : ` OWNER ${owner}`;
  await asSuperuser(server, (client) => client.query(`CREATE DATABASE ${name}${owned}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    as: (role) => {
      const login = new URL(url);
      login.username = role;
      login.password = String(testAddresses()[`${role.toUpperCase()}_PASSWORD`]);
      return login.href;
    },
    drop: async () => {
      await asSuperuser(server, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

async function asSuperuser(url: string, use: (client: pg.Client) => Promise<unknown>) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

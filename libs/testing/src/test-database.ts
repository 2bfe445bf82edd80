import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { testAddresses } from './addresses.js';

export interface TestDatabase {
  /** As the superuser. The roles of the system exist on every stack; `as` logs in as one of them. */
  url: string;
  drop: () => Promise<void>;
}

/** An empty database of its own for one spec file, so that specs cannot see each other's rows. */
export async function createTestDatabase(prefix: string): Promise<TestDatabase> {
  const server = testAddresses().POSTGRES_SUPERUSER_URL;
  const name = `test_${prefix}_${randomBytes(4).toString('hex')}`;
  await asSuperuser(server, (client) => client.query(`CREATE DATABASE ${name}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
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

import { createTestDatabase } from '@effectively-once/testing';
import { Client } from 'pg';
import { paymentsDataSource } from '../database.js';

/** A payments database of its own, migrated, with the roles and rights of production. */
export interface FreshDatabase {
  /** The address as one of the system's roles. */
  as: (role: 'payments_owner' | 'payments_app' | 'debezium' | 'auditor') => string;
  /** As superuser: to look at everything and to damage it. */
  admin: Client;
  drop: () => Promise<void>;
}

export async function freshDatabase(): Promise<FreshDatabase> {
  const database = await createTestDatabase('payments');
  const admin = new Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(`DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I OWNER TO payments_owner', current_database()); END $$`);

  const as: FreshDatabase['as'] = (role) => {
    const url = new URL(database.url);
    url.username = role;
    // As `.env` has them: the command that started the servers made the roles from it.
    url.password = `demo-${role.replace('_', '-')}`;
    return url.href;
  };
  const owner = await paymentsDataSource({ url: as('payments_owner') }).initialize();
  await owner.runMigrations();
  await owner.destroy();
  return {
    as,
    admin,
    drop: async () => {
      await admin.end();
      await database.drop();
    },
  };
}

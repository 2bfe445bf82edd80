import { createTestDatabase, type TestDatabase } from '@effectively-once/testing';
import { Client } from 'pg';
import { paymentsDataSource } from '../runtime/database.js';

/** A new payments database with all migrations, and the roles and rights of production. */
export interface FreshDatabase extends Pick<TestDatabase, 'as' | 'drop'> {
  /** As superuser, to read and to damage everything. */
  admin: Client;
}

export async function freshDatabase(): Promise<FreshDatabase> {
  const database = await createTestDatabase('payments', 'payments_owner');
  const admin = new Client({ connectionString: database.url });
  await admin.connect();
  const owner = await paymentsDataSource({ url: database.as('payments_owner') }).initialize();
  await owner.runMigrations();
  await owner.destroy();
  return {
    as: database.as,
    admin,
    drop: async () => {
      await admin.end();
      await database.drop();
    },
  };
}

import { createTestDatabase, type TestDatabase } from '@effectively-once/testing';
import { Client } from 'pg';
import { paymentsDataSource } from '../runtime/database.js';

/** A payments database of its own, migrated, with the roles and rights of production. */
export interface FreshDatabase extends Pick<TestDatabase, 'as' | 'drop'> {
  /** As superuser: to look at everything and to damage it. */
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

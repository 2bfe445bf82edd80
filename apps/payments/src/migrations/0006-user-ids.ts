import { USER_ID } from '@effectively-once/contracts';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['payments', 'customers'] as const;

/**
 * User ids as identity providers write them: `auth0|5f7c…`, dots, colons, up to 128 characters.
 * Deploy the readers of events before it, and the apps that accept such a token after it.
 */
export class UserIds0006 implements MigrationInterface {
  readonly name = 'UserIds0000000000006';

  async up(runner: QueryRunner): Promise<void> {
    await check(runner, USER_ID.source);
  }

  async down(runner: QueryRunner): Promise<void> {
    await check(runner, '^[A-Za-z0-9_-]{1,64}$');
  }
}

async function check(runner: QueryRunner, pattern: string): Promise<void> {
  for (const table of TABLES) {
    const name = `${table}_user_id_check`;
    // NOT VALID: the lock is held for a moment. VALIDATE reads the table while checkouts go on.
    await runner.query(`
      ALTER TABLE payments.${table}
        DROP CONSTRAINT ${name},
        ADD CONSTRAINT ${name} CHECK (user_id ~ '${pattern}') NOT VALID`);
    await runner.query(`ALTER TABLE payments.${table} VALIDATE CONSTRAINT ${name}`);
  }
}

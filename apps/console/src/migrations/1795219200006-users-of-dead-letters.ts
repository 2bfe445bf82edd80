import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The control room shows how many users wait for each cause of dead letters. */
export class UsersOfDeadLetters1795219200006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE console.dead_letters
        -- Of the key, which is the user id. Null for a record without a key.
        ADD COLUMN key_sha256 text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE console.dead_letters DROP COLUMN key_sha256`);
  }
}

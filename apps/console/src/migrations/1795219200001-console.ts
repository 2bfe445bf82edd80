import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets the console and the auditor use the schema of the console. */
export class Console1795219200001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA IF NOT EXISTS console`);
    await runner.query(`GRANT USAGE ON SCHEMA console TO console_app, auditor`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`REVOKE USAGE ON SCHEMA console FROM console_app, auditor`);
  }
}

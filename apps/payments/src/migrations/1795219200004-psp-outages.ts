import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the PSP could not be asked, so that the audit can tell a payment that waits from one that is stuck. */
export class PspOutages1795219200004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // One row per time that one process had its circuit open. open_until is the last moment it vouched for.
    await runner.query(`
      CREATE TABLE payments.psp_outages (
        id         uuid PRIMARY KEY,
        open_from  timestamptz(3) NOT NULL,
        open_until timestamptz(3) NOT NULL,
        CHECK (open_from <= open_until)
      )`);
    await runner.query(
      `GRANT SELECT, INSERT, UPDATE (open_until), DELETE ON payments.psp_outages TO payments_app`,
    );
    await runner.query(`GRANT SELECT ON payments.psp_outages TO auditor`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE payments.psp_outages`);
  }
}

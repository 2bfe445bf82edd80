import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The outages of the PSP: the audit (I4) does not count them when it looks for stuck payments. */
export class PspOutages0004 implements MigrationInterface {
  readonly name = 'PspOutages0000000000004';

  async up(runner: QueryRunner): Promise<void> {
    // One row per outage and process. open_until: the process knows that its circuit was open until
    // then.
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

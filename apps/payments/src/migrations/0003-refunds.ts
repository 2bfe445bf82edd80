import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The refunds that payments owes. */
export class Refunds0003 implements MigrationInterface {
  readonly name = 'Refunds0000000000003';

  async up(runner: QueryRunner): Promise<void> {
    // One row per capture that belongs to no COMPLETED payment. It is written before the request to
    // the PSP, so that a crash in between loses no refund.
    await runner.query(`
      CREATE TABLE payments.refunds (
        psp_reference text PRIMARY KEY,
        payment_id    uuid NOT NULL REFERENCES payments.payments (id),
        found_at      timestamptz(3) NOT NULL,
        refunded_at   timestamptz(3),
        attempts      integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
        next_try_at   timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE INDEX refunds_open ON payments.refunds (next_try_at) WHERE refunded_at IS NULL`);
    await runner.query(`GRANT SELECT, INSERT ON payments.refunds TO payments_app`);
    // No right to delete a row, or to change which capture is refunded.
    await runner.query(
      `GRANT UPDATE (refunded_at, attempts, next_try_at) ON payments.refunds TO payments_app`,
    );
    await runner.query(`GRANT SELECT ON payments.refunds TO auditor`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE payments.refunds`);
  }
}

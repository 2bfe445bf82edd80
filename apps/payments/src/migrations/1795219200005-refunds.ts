import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Money that was taken for a payment that is not paid, and goes back. */
export class Refunds1795219200005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // One row per capture that turned out to belong to no COMPLETED payment. Written before the PSP is
    // asked for the refund, so that a crash in between forgets nobody's money.
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
    // That money was owed stays on record.
    await runner.query(
      `GRANT UPDATE (refunded_at, attempts, next_try_at) ON payments.refunds TO payments_app`,
    );
    await runner.query(`GRANT SELECT ON payments.refunds TO auditor`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE payments.refunds`);
  }
}

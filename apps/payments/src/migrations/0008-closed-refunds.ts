import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A refund that the PSP cannot make, and that a person has paid in another way. */
export class ClosedRefunds0008 implements MigrationInterface {
  readonly name = 'ClosedRefunds0000000000008';

  async up(runner: QueryRunner): Promise<void> {
    // paid_otherwise: an operator has closed the debt. Payments asks for no refund, and still looks
    // whether the PSP makes one: the customer would get the money twice.
    // closed_reason: how it was paid, in the operator's words. The three columns never become null
    // again, also when a refund is found.
    await runner.query(`
      ALTER TABLE payments.refunds
        DROP CONSTRAINT refunds_status_check,
        ADD CONSTRAINT refunds_status_check CHECK (
          status IN ('owed', 'pending', 'requires_action', 'succeeded', 'paid_otherwise')),
        ADD COLUMN closed_by text,
        ADD COLUMN closed_reason text CHECK (length(closed_reason) BETWEEN 1 AND 500),
        ADD COLUMN closed_at timestamptz(3),
        ADD CONSTRAINT refunds_closed_by_a_person CHECK (
          num_nulls(closed_by, closed_reason, closed_at) IN (0, 3)),
        ADD CONSTRAINT refunds_paid_otherwise CHECK (
          status <> 'paid_otherwise' OR closed_at IS NOT NULL)`);
    await runner.query(`
      GRANT UPDATE (closed_by, closed_reason, closed_at) ON payments.refunds TO payments_app`);
  }

  // Fails while a debt is closed: no older version knows its state.
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE payments.refunds
        DROP CONSTRAINT refunds_paid_otherwise, DROP CONSTRAINT refunds_closed_by_a_person,
        DROP COLUMN closed_by, DROP COLUMN closed_reason, DROP COLUMN closed_at,
        DROP CONSTRAINT refunds_status_check,
        ADD CONSTRAINT refunds_status_check CHECK (
          status IN ('owed', 'pending', 'requires_action', 'succeeded'))`);
  }
}

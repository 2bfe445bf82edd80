import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A payment that nobody knows the truth about does not become one that nobody has asked about. */
export class NoWayBack1795219200006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Every change of a payment leaves PENDING: to UNKNOWN, or to a final state.
    await runner.query(`
      ALTER POLICY final_states_never_change ON payments.payments
        USING (status IN ('PENDING', 'UNKNOWN')) WITH CHECK (status <> 'PENDING')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER POLICY final_states_never_change ON payments.payments
        USING (status IN ('PENDING', 'UNKNOWN')) WITH CHECK (true)`);
  }
}

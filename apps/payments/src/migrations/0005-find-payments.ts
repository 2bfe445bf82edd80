import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Indexes for the ways in which payments are looked up: by order, by user, and the few that were
 * not paid. Without them a page of the control room reads the whole table.
 */
export class FindPayments0005 implements MigrationInterface {
  readonly name = 'FindPayments0000000000005';

  async up(runner: QueryRunner): Promise<void> {
    // An operator often knows the order only, and a customer asks for one order of his own.
    await runner.query(`CREATE INDEX payments_of_order ON payments.payments (order_id, user_id)`);
    // A page of a user: the ids are in the order of time.
    await runner.query(`CREATE INDEX payments_of_user ON payments.payments (user_id, id)`);
    // Most checkouts are paid and cost this index nothing.
    await runner.query(`
      CREATE INDEX payments_not_paid ON payments.payments (status, id)
        WHERE status IN ('DECLINED', 'FAILED')`);
    await runner.query(`DROP INDEX payments.payments_by_order`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX payments_by_order ON payments.payments (user_id, order_id, created_at)`,
    );
    await runner.query(`
      DROP INDEX payments.payments_of_order, payments.payments_of_user, payments.payments_not_paid`);
  }
}

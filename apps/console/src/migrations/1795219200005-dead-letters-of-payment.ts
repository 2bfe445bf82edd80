import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The control room asks for the dead letters of the payments that it shows, every second while a
 * page is open. Pending dead letters are never pruned, so it must not scan the table.
 */
export class DeadLettersOfPayment1795219200005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX dead_letters_of_payment ON console.dead_letters (payment_id)
        WHERE payment_id IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX console.dead_letters_of_payment');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A way to one day's payments, for whoever adds them up or audits the latest ones. */
export class CompletedByDay1795219200007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // BRIN, because payments complete nearly in the order they were made: some kilobytes, and hardly
    // anything to write at a checkout.
    await runner.query(`
      CREATE INDEX payments_by_completion ON payments.payments USING brin (completed_at)
        WITH (autosummarize = on)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX payments.payments_by_completion`);
  }
}

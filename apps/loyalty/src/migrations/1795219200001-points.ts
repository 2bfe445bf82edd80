import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Points of payments, and the balance of each user. */
export class Points1795219200001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE SCHEMA IF NOT EXISTS loyalty;
      GRANT USAGE ON SCHEMA loyalty TO loyalty_app, auditor;

      -- One row per payment: the inbox row. The primary key makes a redelivered event a duplicate.
      -- It is the payment's id and not the event's, because a payment that is published again under
      -- another event id is still the same payment.
      CREATE TABLE loyalty.points_entries (
        payment_id   uuid        PRIMARY KEY,
        user_id      text        NOT NULL,
        -- User, amount and currency tell a duplicate from a collision.
        amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
        currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        points       bigint      NOT NULL CHECK (points >= 0),
        event_id     uuid        NOT NULL,
        awarded_at   timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE INDEX points_entries_of_user
        ON loyalty.points_entries (user_id, awarded_at DESC, payment_id DESC);

      -- The sum of a user's entries, stored because reading the balance is the hot path.
      CREATE TABLE loyalty.accounts (
        user_id text   PRIMARY KEY,
        balance bigint NOT NULL CHECK (balance >= 0)
      );

      -- The service adds and reads entries. It cannot change or remove one.
      GRANT SELECT, INSERT ON loyalty.points_entries TO loyalty_app;
      GRANT SELECT, INSERT, UPDATE ON loyalty.accounts TO loyalty_app;
      GRANT SELECT ON loyalty.points_entries, loyalty.accounts TO auditor;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE loyalty.accounts; DROP TABLE loyalty.points_entries;`);
  }
}

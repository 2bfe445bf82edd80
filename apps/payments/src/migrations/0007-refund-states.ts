import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What happens to money after it was captured: states of refunds, disputes, and unknown events. */
export class RefundStates0007 implements MigrationInterface {
  readonly name = 'RefundStates0000000000007';

  async up(runner: QueryRunner): Promise<void> {
    await refundStates(runner);
    await disputes(runner);
    await pspEvents(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE payments.psp_events, payments.disputes`);
    await runner.query(`DROP INDEX payments.refunds_due`);
    await runner.query(`
      ALTER TABLE payments.refunds
        DROP CONSTRAINT refunds_arrived, DROP COLUMN status, DROP COLUMN refund_id,
        DROP COLUMN failures`);
    await runner.query(`
      CREATE INDEX refunds_open ON payments.refunds (next_try_at) WHERE refunded_at IS NULL`);
  }
}

async function refundStates(runner: QueryRunner): Promise<void> {
  // owed: no refund of this capture lives at the PSP. The PSP is asked for one.
  // pending, requires_action, succeeded: Stripe's states of the refund refund_id.
  // failures: how many refunds of this capture the PSP has accepted and then given back.
  await runner.query(`
    ALTER TABLE payments.refunds
      ADD COLUMN status text NOT NULL DEFAULT 'owed'
        CHECK (status IN ('owed', 'pending', 'requires_action', 'succeeded')),
      ADD COLUMN refund_id text,
      ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0)`);
  // Until now, an accepted refund counted as done. Look each of them up again.
  await runner.query(`
    UPDATE payments.refunds SET status = 'pending', refunded_at = NULL, next_try_at = now()
    WHERE refunded_at IS NOT NULL`);
  await runner.query(`
    ALTER TABLE payments.refunds
      ADD CONSTRAINT refunds_arrived CHECK ((status = 'succeeded') = (refunded_at IS NOT NULL))`);
  await runner.query(`DROP INDEX payments.refunds_open`);
  await runner.query(`CREATE INDEX refunds_due ON payments.refunds (next_try_at)`);
  await runner.query(
    `GRANT UPDATE (status, refund_id, failures) ON payments.refunds TO payments_app`,
  );
}

async function disputes(runner: QueryRunner): Promise<void> {
  // One row per dispute of a customer with the card's issuer (a chargeback, if it is lost).
  // status and reason are Stripe's words; Stripe may add others.
  // payment_id: null until the PSP has told it, or if the charge is none of ours.
  await runner.query(`
    CREATE TABLE payments.disputes (
      id            text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_]{1,255}$'),
      psp_reference text CHECK (psp_reference ~ '^[A-Za-z0-9_]{1,255}$'),
      payment_id    uuid,
      status        text NOT NULL CHECK (status ~ '^[a-z_]{1,64}$'),
      reason        text NOT NULL CHECK (reason ~ '^[a-z_]{1,64}$'),
      found_at      timestamptz(3) NOT NULL,
      next_look_at  timestamptz NOT NULL
    )`);
  await runner.query(`CREATE INDEX disputes_due ON payments.disputes (next_look_at)`);
  await runner.query(`
    GRANT SELECT, INSERT, UPDATE (psp_reference, payment_id, status, next_look_at)
      ON payments.disputes TO payments_app`);
  await runner.query(`GRANT SELECT ON payments.disputes TO auditor`);
}

async function pspEvents(runner: QueryRunner): Promise<void> {
  // The events of the PSP that payments does not know what to do with. Ids and a type, nothing of
  // their content: it may hold personal data.
  await runner.query(`
    CREATE TABLE payments.psp_events (
      id          text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_]{1,255}$'),
      type        text NOT NULL CHECK (type ~ '^[a-z0-9_.]{1,255}$'),
      object_id   text CHECK (object_id ~ '^[A-Za-z0-9_]{1,255}$'),
      received_at timestamptz(3) NOT NULL
    )`);
  await runner.query(`CREATE INDEX psp_events_by_age ON payments.psp_events (received_at)`);
  await runner.query(`GRANT SELECT, INSERT, DELETE ON payments.psp_events TO payments_app`);
  await runner.query(`GRANT SELECT ON payments.psp_events TO auditor`);
}

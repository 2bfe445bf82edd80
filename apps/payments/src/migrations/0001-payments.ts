import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The payments, their idempotency keys, and the addresses of their receipts. */
export class Payments0001 implements MigrationInterface {
  readonly name = 'Payments0000000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA IF NOT EXISTS payments`);
    await runner.query(`GRANT USAGE ON SCHEMA payments TO payments_app, auditor`);
    await payments(runner);
    await idempotencyKeys(runner);
    await customers(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE payments.recipients, payments.customers, payments.idempotency_keys,
        payments.payments`);
    await runner.query(`REVOKE USAGE ON SCHEMA payments FROM payments_app, auditor`);
  }
}

async function payments(runner: QueryRunner): Promise<void> {
  // One row per attempt to pay an order.
  // payment_method: the PSP's token for a card, never a card number.
  // version: counts the changes of status. It orders a payment's documents in the search index.
  // lease_until: until then only the holder of lease_token may call the PSP.
  // traceparent: for the event, which the completer may write long after the request.
  await runner.query(`
    CREATE TABLE payments.payments (
      id             uuid PRIMARY KEY,
      user_id        text NOT NULL CHECK (user_id ~ '^[A-Za-z0-9_-]{1,64}$'),
      order_id       text NOT NULL CHECK (order_id ~ '^[A-Za-z0-9_-]{1,64}$'),
      amount_minor   bigint NOT NULL CHECK (amount_minor BETWEEN 1 AND 9999999999),
      currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
      payment_method text NOT NULL CHECK (payment_method ~ '^pm_'),
      status         text NOT NULL
        CHECK (status IN ('PENDING', 'COMPLETED', 'DECLINED', 'UNKNOWN', 'FAILED')),
      version        integer NOT NULL CHECK (version >= 1),
      psp_reference  text,
      failure_code   text,
      created_at     timestamptz(3) NOT NULL,
      completed_at   timestamptz(3),
      traceparent    text NOT NULL,
      psp_attempts   integer NOT NULL CHECK (psp_attempts >= 0),
      lease_token    uuid,
      lease_until    timestamptz,
      CHECK ((status = 'COMPLETED') = (completed_at IS NOT NULL)),
      CHECK (status <> 'COMPLETED' OR psp_reference IS NOT NULL),
      CHECK ((status IN ('DECLINED', 'FAILED')) = (failure_code IS NOT NULL)),
      CHECK ((status IN ('PENDING', 'UNKNOWN')) = (lease_until IS NOT NULL))
    )`);
  // The last line of defence: the database refuses a second live payment of an order.
  await runner.query(`
    CREATE UNIQUE INDEX payments_one_live_per_order ON payments.payments (user_id, order_id)
      WHERE status IN ('PENDING', 'UNKNOWN', 'COMPLETED')`);
  await runner.query(
    `CREATE INDEX payments_by_order ON payments.payments (user_id, order_id, created_at)`,
  );
  // For the totals of one day and for the audit of the latest payments. BRIN, because payments
  // complete nearly in the order of their rows: it has some kilobytes and costs a checkout nothing.
  await runner.query(`
    CREATE INDEX payments_by_completion ON payments.payments USING brin (completed_at)
      WITH (autosummarize = on)`);
  await runner.query(`
    CREATE INDEX payments_unsettled ON payments.payments (lease_until)
      WHERE status IN ('PENDING', 'UNKNOWN')`);
  await runner.query(`GRANT SELECT, INSERT ON payments.payments TO payments_app`);
  // No right to change what was bought, by which customer and for how much.
  await runner.query(`
    GRANT UPDATE (status, version, psp_reference, failure_code, completed_at, psp_attempts,
      lease_token, lease_until) ON payments.payments TO payments_app`);
  await runner.query(`GRANT SELECT ON payments.payments TO auditor`);
  await finalStatesNeverChange(runner);
}

async function finalStatesNeverChange(runner: QueryRunner): Promise<void> {
  // Row security instead of a trigger: for an UPDATE of the application, a final row does not
  // exist. Every change leaves PENDING, to UNKNOWN or to a final state. UNKNOWN never returns to
  // PENDING.
  await runner.query(`ALTER TABLE payments.payments ENABLE ROW LEVEL SECURITY`);
  await runner.query(`
    CREATE POLICY everyone_reads ON payments.payments FOR SELECT
      TO payments_app, auditor USING (true)`);
  await runner.query(`
    CREATE POLICY born_pending ON payments.payments FOR INSERT
      TO payments_app WITH CHECK (status = 'PENDING' AND version = 1)`);
  await runner.query(`
    CREATE POLICY final_states_never_change ON payments.payments FOR UPDATE
      TO payments_app USING (status IN ('PENDING', 'UNKNOWN'))
      WITH CHECK (status <> 'PENDING')`);
}

async function idempotencyKeys(runner: QueryRunner): Promise<void> {
  // payment_id is not null: a key and its payment exist together or not at all.
  // response_*: the final answer as it was sent. A replay sends the same bytes.
  await runner.query(`
    CREATE TABLE payments.idempotency_keys (
      user_id         text NOT NULL,
      method          text NOT NULL,
      route           text NOT NULL,
      idempotency_key text NOT NULL,
      fingerprint     text NOT NULL,
      payment_id      uuid NOT NULL UNIQUE REFERENCES payments.payments (id),
      response_status smallint,
      response_body   text,
      created_at      timestamptz(3) NOT NULL,
      PRIMARY KEY (user_id, method, route, idempotency_key),
      CHECK ((response_status IS NULL) = (response_body IS NULL))
    )`);
  await runner.query(
    `CREATE INDEX idempotency_keys_by_age ON payments.idempotency_keys (created_at)`,
  );
  await runner.query(`GRANT SELECT, INSERT, DELETE ON payments.idempotency_keys TO payments_app`);
  await runner.query(`
    GRANT UPDATE (response_status, response_body) ON payments.idempotency_keys TO payments_app`);
  await runner.query(`GRANT SELECT ON payments.idempotency_keys TO auditor`);
}

async function customers(runner: QueryRunner): Promise<void> {
  // Only these two tables hold e-mail addresses. The auditor and Debezium get no GRANT on them.
  await runner.query(`
    CREATE TABLE payments.customers (
      user_id text PRIMARY KEY CHECK (user_id ~ '^[A-Za-z0-9_-]{1,64}$'),
      email   text NOT NULL,
      locale  text NOT NULL DEFAULT 'en'
    )`);
  // The address as it was known at checkout. NOT NULL refuses a payment without an address.
  await runner.query(`
    CREATE TABLE payments.recipients (
      payment_id    uuid PRIMARY KEY REFERENCES payments.payments (id),
      receipt_email text NOT NULL
    )`);
  await runner.query(`GRANT SELECT ON payments.customers TO payments_app`);
  await runner.query(`GRANT SELECT, INSERT ON payments.recipients TO payments_app`);
}

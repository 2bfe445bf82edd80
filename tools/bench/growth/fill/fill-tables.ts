import { Client } from 'pg';
import { ADD_TO_BALANCES } from './add-to-balances.js';

const BATCH = 100_000;

/** Rows of old payments: numbers of no other part, and of the last 7 days. */
const FIRST = 4_000_000_000;
const DAYS = 7;
const USERS = 100_000;

interface Batch {
  from: number;
  to: number;
}

/**
 * Adds old payments until the tables of payments and of loyalty have this many of them. PostgreSQL
 * makes the rows, in batches, because one transaction of ten million would fill its memory.
 *
 * Foreign keys are not checked meanwhile (session_replication_role): the rows fit by construction.
 */
export async function fillTables(
  urls: { payments: string; loyalty: string },
  { from, count, signal }: { from: number; count: number; signal: AbortSignal },
): Promise<void> {
  await Promise.all([
    fill(urls.payments, [PAYMENTS, KEYS, RECIPIENTS, OUTBOX], { from, count, signal }),
    fill(urls.loyalty, [ENTRIES], { from, count, signal }),
  ]);
}

async function fill(
  connectionString: string,
  statements: string[],
  { from, count, signal }: { from: number; count: number; signal: AbortSignal },
): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query("SET session_replication_role = 'replica'; SET synchronous_commit = off");
    for (let first = from; first < from + count; first += BATCH) {
      signal.throwIfAborted();
      const batch: Batch = {
        from: FIRST + first,
        to: FIRST + Math.min(first + BATCH, from + count),
      };
      for (const statement of statements) await client.query(statement, [batch.from, batch.to - 1]);
    }
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}

const id = (kind: string) => `('01a1fe5f-8515-7000-${kind}-' || lpad(to_hex(n), 12, '0'))::uuid`;
const user = `'growth-' || n % ${USERS}`;
// Spread over the days in the order of the numbers.
const at = `now() - interval '1 hour' - (n % ${DAYS}) * interval '1 day'`;
const numbers = 'generate_series($1::bigint, $2::bigint) n';

const PAYMENTS = `
  INSERT INTO payments.payments (id, user_id, order_id, amount_minor, currency, payment_method,
    status, version, psp_reference, created_at, completed_at, traceparent, psp_attempts)
  SELECT ${id('8000')}, ${user}, 'order-' || n, 100 + n % 10000, 'EUR', 'pm_card_visa',
         'COMPLETED', 2, 'pi_' || n, ${at}, ${at}, 'trace', 1 FROM ${numbers}`;

const KEYS = `
  INSERT INTO payments.idempotency_keys (user_id, method, route, idempotency_key, fingerprint,
    payment_id, response_status, response_body, created_at)
  SELECT ${user}, 'POST', '/v1/payments', 'key-' || n, md5(n::text), ${id('8000')}, 201,
         '{"id":"' || ${id('8000')} || '","status":"COMPLETED"}', now() FROM ${numbers}`;

const RECIPIENTS = `
  INSERT INTO payments.recipients (payment_id, receipt_email)
  SELECT ${id('8000')}, 'growth-' || n || '@example.com' FROM ${numbers}`;

const OUTBOX = `
  INSERT INTO payments.outbox (event_id, specversion, topic, partition_key, event_type, subject,
    occurred_at, data_schema, traceparent, payload)
  SELECT ${id('9000')}, '1.0', 'payment.completed', ${user}, 'payment.completed',
         ${id('8000')}::text, ${at}, 'schema', 'trace', repeat('x', 230) FROM ${numbers}`;

const ENTRIES = `
  WITH entry AS (
    INSERT INTO loyalty.points_entries (payment_id, user_id, amount_minor, currency, points,
      event_id, awarded_at)
    SELECT ${id('8000')}, ${user}, 100 + n % 10000, 'EUR', 1, ${id('9000')}, ${at} FROM ${numbers}
    RETURNING user_id, points
  ) ${ADD_TO_BALANCES}`;

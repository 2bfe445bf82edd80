import type { Pool } from 'pg';

/** What the PSP's list of refunds says of a capture. owed: none of them lives. */
export type AtPsp = 'owed' | 'pending' | 'requires_action' | 'succeeded';

export interface Debt {
  paymentId: string;
  pspReference: string;
  /** paid_otherwise: an operator has closed it, and no refund lives at the PSP. */
  status: AtPsp | 'paid_otherwise';
  /** Another capture of the same payment was found before this one. */
  isSecond: boolean;
}

const WAIT_FIRST_MS = 1_000;
const WAIT_MAX_MS = 3_600_000;
// Stripe: a refund may fail up to 30 days after it succeeded (https://docs.stripe.com/refunds).
const FAILS_WITHIN = '30 days';

const OWE = `
  INSERT INTO payments.refunds (psp_reference, payment_id, found_at, next_try_at)
  VALUES ($1, $2, now(), now())
  ON CONFLICT (psp_reference) DO NOTHING`;

/** @returns whether the debt is new. */
export async function owe(
  pool: Pool,
  { pspReference, paymentId }: Pick<Debt, 'pspReference' | 'paymentId'>,
): Promise<boolean> {
  const values = [pspReference, paymentId];
  const { rowCount } = await pool.query({ name: 'owe_refund', text: OWE, values });
  return rowCount === 1;
}

// Sets the time of the next attempt before this one starts, so that no two processes start it.
const TAKE = `
  UPDATE payments.refunds debt
  SET attempts = attempts + 1,
    next_try_at = now() + least($1 * 2 ^ least(attempts, 20), $2) * interval '1 millisecond'
      + $3 * interval '1 millisecond'
  WHERE psp_reference IN (
    SELECT psp_reference FROM payments.refunds
    WHERE next_try_at <= now()
    ORDER BY next_try_at LIMIT $4
    FOR UPDATE SKIP LOCKED)
  RETURNING psp_reference AS "pspReference", payment_id AS "paymentId", status,
    EXISTS (
      SELECT FROM payments.refunds other WHERE other.payment_id = debt.payment_id
        AND (other.found_at, other.psp_reference) < (debt.found_at, debt.psp_reference)
    ) AS "isSecond"`;

/** Takes refunds to ask the PSP for, or to look up at the PSP. */
export async function take(
  pool: Pool,
  { pspTimeoutMs, debtsMax }: { pspTimeoutMs: number; debtsMax: number },
): Promise<Debt[]> {
  // A look-up, a request and a look-up may follow each other.
  const values = [WAIT_FIRST_MS, WAIT_MAX_MS, 3 * pspTimeoutMs, debtsMax];
  return (await pool.query<Debt>({ name: 'take_refunds', text: TAKE, values })).rows;
}

// The refund that came back waits, twice as long each time, and at most a day: the PSP would refuse
// the next one for the same reason. One that has succeeded is looked up daily while it may fail. So
// is one that an operator has closed: it is never owed again.
const RECORD = `
  UPDATE payments.refunds
  SET status = CASE
      WHEN $2::text = 'owed' AND closed_at IS NOT NULL THEN 'paid_otherwise' ELSE $2::text END,
    refund_id = $3, failures = $4,
    refunded_at = CASE WHEN $2::text = 'succeeded' THEN coalesce(refunded_at, now()) END,
    next_try_at = CASE
      WHEN $2::text = 'owed' AND closed_at IS NULL
        THEN now() + least(2500 * 2 ^ least($4::int, 20), 86400000) * interval '1 millisecond'
      WHEN $2::text IN ('pending', 'requires_action') THEN next_try_at
      WHEN coalesce(refunded_at, closed_at, now()) < now() - interval '${FAILS_WITHIN}' THEN 'infinity'
      ELSE now() + interval '1 day' END
  WHERE psp_reference = $1
  RETURNING closed_at IS NOT NULL AS "isClosed"`;

/** @returns whether an operator has closed the debt. */
export async function record(
  pool: Pool,
  debt: { pspReference: string; status: AtPsp; refundId: string | null; failures: number },
): Promise<boolean> {
  const values = [debt.pspReference, debt.status, debt.refundId, debt.failures];
  const { rows } = await pool.query<{ isClosed: boolean }>(RECORD, values);
  return rows[0]?.isClosed ?? false;
}

// Another process may ask the PSP at this moment. So the first look comes when it must have ended.
const CLOSE = `
  UPDATE payments.refunds
  SET status = 'paid_otherwise', closed_by = $2, closed_reason = $3, closed_at = now(),
    next_try_at = now() + $4 * interval '1 millisecond'
  WHERE psp_reference = $1 AND status = 'owed'`;

/** @returns false if there is no such debt, or it is not owed. */
export async function close(
  pool: Pool,
  debt: { pspReference: string; operator: string; reason: string; lookAfterMs: number },
): Promise<boolean> {
  const values = [debt.pspReference, debt.operator, debt.reason, debt.lookAfterMs];
  return (await pool.query(CLOSE, values)).rowCount === 1;
}

// A debt that is owed has its own wait: an announced failure must not shorten it.
const HURRY = `
  UPDATE payments.refunds
  SET next_try_at = CASE WHEN status = 'owed' THEN next_try_at ELSE now() END
  WHERE psp_reference = $1`;

/** The PSP has announced a change. @returns false if the refund is none of ours. */
export async function lookUpNow(pool: Pool, pspReference: string): Promise<boolean> {
  const { rowCount } = await pool.query(HURRY, [pspReference]);
  return rowCount === 1;
}

export interface OpenRefunds {
  status: Exclude<AtPsp, 'succeeded'>;
  count: number;
  oldestSeconds: number;
}

export async function openRefunds(pool: Pool): Promise<OpenRefunds[]> {
  const { rows } = await pool.query<OpenRefunds>(
    `SELECT status, count(*)::int AS count,
        extract(epoch FROM now() - min(found_at))::float8 AS "oldestSeconds"
       FROM payments.refunds WHERE status NOT IN ('succeeded', 'paid_otherwise') GROUP BY status`,
  );
  return rows;
}

import { ADDRESS_PATTERN } from '@effectively-once/contracts';
import { DatabaseError, type Pool } from 'pg';
import type { PaymentStatus } from '../payment/payment.entity.js';

/** An Idempotency-Key is unique per user, method and route. */
export interface Key {
  userId: string;
  method: string;
  route: string;
  idempotencyKey: string;
}

export interface ClaimRequest extends Key {
  fingerprint: string;
  paymentId: string;
  orderId: string;
  amountMinor: number;
  currency: string;
  paymentMethod: string;
  /** From the body. It has priority over the customer's own address. */
  receiptEmail: string | undefined;
  /** From the token: the last resort, also if the customer's own address cannot be mailed to. */
  tokenEmail: string | undefined;
  createdAt: Date;
  traceparent: string;
  leaseToken: string;
  leaseMs: number;
}

export interface KeyHolder {
  paymentId: string;
  fingerprint: string;
  status: PaymentStatus;
  responseStatus: number | null;
  responseBody: string | null;
}

export type Taken =
  { outcome: 'key_taken'; holder: KeyHolder } | { outcome: 'order_taken'; livePaymentId: string };

export type Claim = { outcome: 'claimed' } | Taken | { outcome: 'no_receipt_address' };

const HOLDER = `
  SELECT k.fingerprint, k.payment_id AS "paymentId", p.status,
    k.response_status AS "responseStatus", k.response_body AS "responseBody"
  FROM payments.idempotency_keys k JOIN payments.payments p ON p.id = k.payment_id
  WHERE k.user_id = $1 AND k.method = $2 AND k.route = $3 AND k.idempotency_key = $4`;

// One statement for key and payment, so that they exist together or not at all. If the order has a
// live payment (payments_one_live_per_order), the key is not inserted either.
const CLAIM = `
  WITH key AS (
    INSERT INTO payments.idempotency_keys
      (user_id, method, route, idempotency_key, fingerprint, payment_id, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (user_id, method, route, idempotency_key) DO NOTHING
    RETURNING payment_id
  ), payment AS (
    INSERT INTO payments.payments
      (id, user_id, order_id, amount_minor, currency, payment_method, status, version, created_at,
       traceparent, psp_attempts, lease_token, lease_until)
    SELECT payment_id, $1, $8, $9::bigint, $10, $11, 'PENDING', 1, $7,
       $12, 0, $13::uuid, now() + $14 * interval '1 millisecond'
    FROM key
    RETURNING id
  ), recipient AS (
    INSERT INTO payments.recipients (payment_id, receipt_email)
    SELECT id, coalesce($15, stored.email, $16)
    FROM payment LEFT JOIN payments.customers stored ON stored.user_id = $1 AND stored.email ~ $17
  )
  SELECT NULL::text AS fingerprint, id AS "paymentId", NULL::text AS status,
    NULL::int AS "responseStatus", NULL::text AS "responseBody"
  FROM payment
  UNION ALL ${HOLDER}`;

const LIVE_PAYMENT = `
  SELECT id FROM payments.payments
  WHERE user_id = $1 AND order_id = $2 AND status IN ('PENDING', 'UNKNOWN', 'COMPLETED')`;

// Two attempts, because a concurrent request may commit the key between our insert and our read. A
// third one, because the live payment of the order may be released in between.
const TRIES_MAX = 3;

/**
 * Takes the key and the order for one payment, or returns the payment that has them. One statement,
 * in its own transaction.
 */
export async function claim(pool: Pool, request: ClaimRequest): Promise<Claim> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const claimed = await tryClaim(pool, request);
    if (claimed !== 'again') return claimed;
  }
  throw new Error('the key and its order kept changing hands');
}

async function tryClaim(pool: Pool, request: ClaimRequest): Promise<Claim | 'again'> {
  try {
    const { rows } = await pool.query<KeyHolder>({
      name: 'claim',
      text: CLAIM,
      values: claimValues(request),
    });
    const row = rows[0];
    // Empty: a concurrent request holds the key, but it committed after this statement's snapshot.
    if (!row) return 'again';
    if (row.fingerprint === null) return { outcome: 'claimed' };
    return { outcome: 'key_taken', holder: row };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (error.code === '23502' && error.column === 'receipt_email')
      return { outcome: 'no_receipt_address' };
    if (error.code !== '23505' || error.constraint !== 'payments_one_live_per_order') throw error;
    return (await livePayment(pool, request)) ?? 'again';
  }
}

async function livePayment(
  pool: Pool,
  order: { userId: string; orderId: string },
): Promise<Taken | undefined> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'live_payment',
    text: LIVE_PAYMENT,
    values: [order.userId, order.orderId],
  });
  return rows[0] && { outcome: 'order_taken', livePaymentId: rows[0].id };
}

/** Finds the payment that has the key or the order. Takes neither. */
export async function findTaken(
  pool: Pool,
  wanted: Key & { orderId: string },
): Promise<Taken | { outcome: 'free' }> {
  const { rows } = await pool.query<KeyHolder>({
    name: 'holder',
    text: HOLDER,
    values: [wanted.userId, wanted.method, wanted.route, wanted.idempotencyKey],
  });
  if (rows[0]) return { outcome: 'key_taken', holder: rows[0] };
  return (await livePayment(pool, wanted)) ?? { outcome: 'free' };
}

function claimValues(request: ClaimRequest): unknown[] {
  return [
    request.userId,
    request.method,
    request.route,
    request.idempotencyKey,
    request.fingerprint,
    request.paymentId,
    request.createdAt,
    request.orderId,
    request.amountMinor,
    request.currency,
    request.paymentMethod,
    request.traceparent,
    request.leaseToken,
    request.leaseMs,
    request.receiptEmail,
    request.tokenEmail,
    ADDRESS_PATTERN,
  ];
}

import type { ClientBase } from 'pg';
import {
  OUTBOX,
  readPspOutages,
  RESPONSES,
  slotHasPassed,
  toOutboxRow,
  toPayment,
  toResponse,
  type OutboxColumns,
  type PaymentColumns,
  type ResponseColumns,
} from '../stores/payments.js';
import type { PaymentRow, PspOutage } from '../evidence/evidence.js';
import type { FactOf } from '../evidence/facts.js';
import type { Connections } from './connections.js';

/** The row of a payment, with what is only shown. */
export interface PaymentDetail extends PaymentRow {
  id: string;
  orderId: string;
  pspReference: string | null;
  failureCode: string | null;
  pspAttempts: number;
  traceparent: string;
}

/** What the payments database holds about one payment, in one snapshot. */
export interface PaymentFacts {
  payment: PaymentDetail;
  facts: FactOf<'payment' | 'outbox_row' | 'stored_response'>[];
  outboxRows: { eventId: string; occurredAtMs: number; partitionKey: string }[];
  /** Its idempotency key's row, without the key. */
  claim: { createdAtMs: number; responseStatus: number | null } | undefined;
  refunds: { pspReference: string; foundAtMs: number; refundedAtMs: number | null }[];
  pspOutages: PspOutage[];
  slotPassedSnapshot: boolean;
}

/** undefined if there is no such payment. Rules 1 and 4 of collect-evidence.ts hold here too. */
export async function readPaymentFacts(
  { payments }: Connections,
  id: string,
): Promise<PaymentFacts | undefined> {
  const client = await payments.connect();
  // An open transaction must not go back to the pool: then the connection is closed.
  let isInTransaction = true;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const found = await readSnapshot(client, id);
    await client.query('COMMIT');
    isInTransaction = false;
    if (!found) return undefined;
    const { rows } = await client.query<{ position: string }>(
      'SELECT pg_current_wal_insert_lsn()::text AS position',
    );
    const slotPassedSnapshot = await slotHasPassed(client, rows[0]?.position ?? '');
    return { ...found, slotPassedSnapshot };
  } finally {
    client.release(isInTransaction);
  }
}

type Snapshot = Omit<PaymentFacts, 'slotPassedSnapshot'>;

async function readSnapshot(client: ClientBase, id: string): Promise<Snapshot | undefined> {
  const payment = await readPayment(client, id);
  if (!payment) return undefined;
  const outbox = await client.query<OutboxColumns & { partition_key: string }>(OUTBOX_OF, [
    id,
    ...eventIdsAround(payment),
  ]);
  const responses = await client.query<ResponseColumns>(RESPONSES_OF, [id]);
  const claims = await client.query<ClaimColumns>(CLAIM_OF, [id]);
  const refunds = await client.query<RefundColumns>(REFUNDS_OF, [id]);
  return {
    payment,
    facts: [
      { kind: 'payment', ...payment },
      ...outbox.rows.map((row) => ({ kind: 'outbox_row' as const, ...toOutboxRow(row) })),
      ...responses.rows.map(toResponse),
    ],
    outboxRows: outbox.rows.map((row) => ({
      eventId: row.event_id,
      occurredAtMs: row.occurred_at.getTime(),
      partitionKey: row.partition_key,
    })),
    claim: claims.rows.map(toClaim)[0],
    refunds: refunds.rows.map((row) => ({
      pspReference: row.psp_reference,
      foundAtMs: row.found_at.getTime(),
      refundedAtMs: row.refunded_at?.getTime() ?? null,
    })),
    pspOutages: await readPspOutages(client),
  };
}

async function readPayment(client: ClientBase, id: string): Promise<PaymentDetail | undefined> {
  const { rows } = await client.query<DetailColumns>(PAYMENT, [id]);
  const [row] = rows;
  if (!row) return undefined;
  const { kind: _, ...payment } = toPayment(row);
  return {
    ...payment,
    orderId: row.order_id,
    pspReference: row.psp_reference,
    failureCode: row.failure_code,
    pspAttempts: row.psp_attempts,
    traceparent: row.traceparent,
  };
}

interface DetailColumns extends PaymentColumns {
  order_id: string;
  psp_reference: string | null;
  failure_code: string | null;
  psp_attempts: number;
  traceparent: string;
}

const PAYMENT = `
  SELECT id, user_id, status, version, amount_minor, currency, created_at, completed_at,
         order_id, psp_reference, failure_code, psp_attempts, traceparent
    FROM payments.payments WHERE id = $1`;

// The outbox has no index by payment: every write would pay for it, and only the connector reads
// the table. Event ids are UUIDs v7 of the time of completion, so the primary key finds the row. A
// row with any other id is found through its record in the topic (read-facts.ts).
const OUTBOX_OF = `${OUTBOX.replace('SELECT', 'SELECT partition_key,')}
   WHERE subject = $1 AND event_id BETWEEN $2 AND $3
   ORDER BY occurred_at`;

const CLOCKS_APART_MAX_MS = 60_000;
/** An open payment may complete while it is read, and for as long as the completer tries. */
const OPEN_MAX_MS = 600_000;

function eventIdsAround({ status, createdAtMs, completedAtMs }: PaymentDetail): [string, string] {
  const [fromMs, untilMs] =
    status === 'COMPLETED'
      ? [completedAtMs, completedAtMs]
      : [createdAtMs, createdAtMs + OPEN_MAX_MS];
  const first = hexOf(Math.max(fromMs - CLOCKS_APART_MAX_MS, 0));
  return [
    `${first}-7000-8000-000000000000`,
    `${hexOf(untilMs + CLOCKS_APART_MAX_MS)}-7fff-bfff-ffffffffffff`,
  ];
}

/** The first 48 bits of a UUID v7 (RFC 9562): the time in ms. */
function hexOf(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

// The window function counts all responses of the payment's key, so the key is looked up first.
const RESPONSES_OF = `
  SELECT * FROM (${RESPONSES}
     AND (user_id, method, route, idempotency_key) IN (
         SELECT user_id, method, route, idempotency_key
           FROM payments.idempotency_keys WHERE payment_id = $1)) response
   WHERE payment_id = $1`;

interface ClaimColumns {
  created_at: Date;
  response_status: number | null;
}

const CLAIM_OF = `
  SELECT created_at, response_status FROM payments.idempotency_keys WHERE payment_id = $1`;

const toClaim = ({ created_at, response_status }: ClaimColumns) => ({
  createdAtMs: created_at.getTime(),
  responseStatus: response_status,
});

interface RefundColumns {
  psp_reference: string;
  found_at: Date;
  refunded_at: Date | null;
}

const REFUNDS_OF = `
  SELECT psp_reference, found_at, refunded_at FROM payments.refunds
   WHERE payment_id = $1 ORDER BY found_at`;

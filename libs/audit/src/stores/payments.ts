import type { Client, ClientBase, Pool } from 'pg';
import type { PspOutage, OutboxRow, PaymentRowStatus, RefundDebt } from '../evidence/evidence.js';
import type { FactOf, Take } from '../evidence/facts.js';
import { rowsOf, timeOf } from './postgres.js';

export interface SnapshotInfo {
  pspOutages: PspOutage[];
  /** All rows of the snapshot were written to the log (WAL) before this position. */
  walPosition: string;
}

/** Payments that completed since then, and all open payments, however old. */
const completedOrOpen = (sinceMs: number | undefined) =>
  sinceMs === undefined
    ? 'true'
    : `(completed_at >= ${timeOf(sinceMs)} OR status IN ('PENDING', 'UNKNOWN'))`;

export async function countPayments(client: Client, sinceMs?: number): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM payments.payments WHERE ${completedOrOpen(sinceMs)}`,
  );
  return Number(rows[0]?.count);
}

/** Reads payments, outbox rows and stored responses in one snapshot, then ends the transaction. */
export async function readPaymentsSnapshot(
  client: Client,
  take: Take<'payment' | 'outbox_row' | 'stored_response'>,
  sinceMs?: number,
): Promise<SnapshotInfo> {
  const payments = `${PAYMENTS} WHERE ${completedOrOpen(sinceMs)}`;
  for await (const row of rowsOf<PaymentColumns>(client, payments)) await take(toPayment(row));
  const outbox = sinceMs ? `${OUTBOX} WHERE occurred_at >= ${timeOf(sinceMs)}` : OUTBOX;
  for await (const row of rowsOf<OutboxColumns>(client, outbox)) {
    await take({ kind: 'outbox_row', ...toOutboxRow(row) });
  }
  const responses = `
    SELECT * FROM (${RESPONSES}) response
     WHERE payment_id IN (SELECT id FROM payments.payments WHERE ${completedOrOpen(sinceMs)})`;
  for await (const row of rowsOf<ResponseColumns>(client, sinceMs ? responses : RESPONSES)) {
    await take(toResponse(row));
  }
  const pspOutages = await readPspOutages(client);
  await client.query('COMMIT');
  // Read the position after the rows, so that their transactions are before it in the log. If it
  // were read first, a row committed in between could be after it, and I3 would call its event
  // lost.
  const { rows } = await client.query<{ position: string }>(
    'SELECT pg_current_wal_insert_lsn()::text AS position',
  );
  return { pspOutages, walPosition: rows[0]?.position ?? '' };
}

export interface PaymentColumns {
  id: string;
  user_id: string;
  status: PaymentRowStatus;
  version: number;
  amount_minor: string;
  currency: string;
  created_at: Date;
  completed_at: Date | null;
}

const PAYMENTS = `
  SELECT id, user_id, status, version, amount_minor, currency, created_at, completed_at
    FROM payments.payments`;

export const toPayment = (row: PaymentColumns): FactOf<'payment'> => ({
  kind: 'payment',
  id: row.id,
  userId: row.user_id,
  status: row.status,
  version: row.version,
  // The driver returns bigint as text. Amounts are below 10^10, so a double holds them exactly.
  amountMinor: Number(row.amount_minor),
  currency: row.currency,
  createdAtMs: row.created_at.getTime(),
  completedAtMs: row.completed_at?.getTime() ?? 0,
});

export interface OutboxColumns {
  event_id: string;
  subject: string;
  occurred_at: Date;
  payload_md5: string;
}

export const OUTBOX = `
  SELECT event_id, subject, occurred_at, md5(convert_to(payload, 'UTF8')) AS payload_md5
    FROM payments.outbox`;

export const toOutboxRow = (row: OutboxColumns): OutboxRow => ({
  eventId: row.event_id,
  paymentId: row.subject,
  occurredAtMs: row.occurred_at.getTime(),
  payloadMd5: row.payload_md5,
});

export interface ResponseColumns {
  responses_of_key: string;
  payment_id: string;
  response_status: number;
  body_id: string | null;
  body_status: string | null;
  body_type: string | null;
}

// The primary key allows one response per key. The audit does not rely on it. PostgreSQL counts,
// because two responses of one key may belong to two payments, which are in different buckets here.
export const RESPONSES = `
  SELECT count(*) OVER (PARTITION BY user_id, method, route, idempotency_key) AS responses_of_key,
         payment_id, response_status, response_body::json ->> 'id' AS body_id,
         response_body::json ->> 'status' AS body_status,
         response_body::json ->> 'type' AS body_type
    FROM payments.idempotency_keys
   WHERE response_status IS NOT NULL`;

export const toResponse = (row: ResponseColumns): FactOf<'stored_response'> => ({
  kind: 'stored_response',
  responsesOfKey: Number(row.responses_of_key),
  paymentId: row.payment_id,
  httpStatus: row.response_status,
  bodyId: row.body_id ?? undefined,
  // A problem document's `status` is a number. Its code is the last segment of `type`.
  says: row.body_type?.split('/').at(-1) ?? row.body_status ?? 'nothing',
});

export async function readPspOutages(client: ClientBase): Promise<PspOutage[]> {
  const { rows } = await client.query<{ open_from: Date; open_until: Date }>(
    'SELECT open_from, open_until FROM payments.psp_outages',
  );
  return rows.map(({ open_from, open_until }) => ({
    fromMs: open_from.getTime(),
    untilMs: open_until.getTime(),
  }));
}

const SLOT = 'payments_outbox';

/** Whether the connector has confirmed everything before this position of the log. */
export async function slotHasPassed(client: ClientBase, walPosition: string): Promise<boolean> {
  const { rows } = await client.query<{ passed: boolean | null }>(
    `SELECT confirmed_flush_lsn >= $2::pg_lsn AS passed
       FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT, walPosition],
  );
  return rows[0]?.passed === true;
}

/**
 * Bytes of log that the slot retains; undefined if there is no slot or PostgreSQL has invalidated
 * it.
 */
export async function readSlotLag(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ lag: string | null }>(
    `SELECT CASE WHEN wal_status <> 'lost'
            THEN pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) END::text AS lag
       FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT],
  );
  const lag = rows[0]?.lag;
  return lag === undefined || lag === null ? undefined : Number(lag);
}

/** Payment id → its status as of now. Ids without a payment are left out. */
export async function readStatusesNow(client: Pick<ClientBase | Pool, 'query'>, ids: string[]) {
  const statuses = new Map<string, PaymentRowStatus>();
  for (const batch of uuidBatches(ids)) {
    const { rows } = await client.query<{ id: string; status: PaymentRowStatus }>(
      'SELECT id, status FROM payments.payments WHERE id = ANY($1::uuid[])',
      [batch],
    );
    for (const { id, status } of rows) statuses.set(id, status);
  }
  return statuses;
}

/**
 * Those of these payments that completed before then. COMPLETED is final, so the answer stays true.
 */
export async function readCompletedBefore(
  client: Client,
  ids: string[],
  beforeMs: number,
): Promise<string[]> {
  const before: string[] = [];
  for (const batch of uuidBatches(ids)) {
    const { rows } = await client.query<{ id: string }>(
      'SELECT id FROM payments.payments WHERE id = ANY($1::uuid[]) AND completed_at < $2',
      [batch, new Date(beforeMs)],
    );
    before.push(...rows.map(({ id }) => id));
  }
  return before;
}

/** These payments and their outbox rows, as of now. */
export async function readPaymentsById(
  client: Client,
  ids: string[],
  take: Take<'payment' | 'outbox_row'>,
): Promise<void> {
  for (const batch of uuidBatches(ids)) {
    const payments = await client.query<PaymentColumns>(`${PAYMENTS} WHERE id = ANY($1::uuid[])`, [
      batch,
    ]);
    for (const row of payments.rows) await take(toPayment(row));
    const outbox = await client.query<OutboxColumns>(`${OUTBOX} WHERE subject = ANY($1)`, [batch]);
    for (const row of outbox.rows) await take({ kind: 'outbox_row', ...toOutboxRow(row) });
  }
}

/** Capture → the refund that payments pursues for it, as of now. */
export async function readDebtsNow(client: Pick<ClientBase | Pool, 'query'>, captures: string[]) {
  if (captures.length === 0) return new Map<string, RefundDebt>();
  const { rows } = await client.query<{ capture: string } & RefundDebt>(
    `SELECT psp_reference AS capture, status, refund_id AS "refundId"
       FROM payments.refunds WHERE psp_reference = ANY($1)`,
    [captures],
  );
  return new Map(rows.map(({ capture, ...debt }) => [capture, debt]));
}

/** Event id → its outbox row as of now. */
export async function readOutboxNow(client: Pick<ClientBase | Pool, 'query'>, eventIds: string[]) {
  const outbox = new Map<string, OutboxRow>();
  for (const batch of uuidBatches(eventIds)) {
    const { rows } = await client.query<OutboxColumns>(
      `${OUTBOX} WHERE event_id = ANY($1::uuid[])`,
      [batch],
    );
    for (const row of rows) outbox.set(row.event_id, toOutboxRow(row));
  }
  return outbox;
}

const LOOKUP_BATCH = 5_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

// Another store may hold any text as payment id. PostgreSQL would refuse the whole list for one of
// them.
function* uuidBatches(ids: string[]): Generator<string[]> {
  const uuids = ids.filter((id) => UUID.test(id));
  for (let start = 0; start < uuids.length; start += LOOKUP_BATCH) {
    yield uuids.slice(start, start + LOOKUP_BATCH);
  }
}

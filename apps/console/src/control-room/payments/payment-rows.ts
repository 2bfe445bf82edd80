import type { Query } from '../../pipeline/payments-database.js';
import type { PaymentSummary } from '../wire/evidence.js';
import type { PaymentsQuery } from './requests.js';

export type PaymentRowSummary = Omit<PaymentSummary, 'effects'>;

const COLUMNS = `id, user_id, order_id, status, amount_minor::text AS amount_minor, currency,
                 created_at, completed_at`;

/**
 * A page of payments, newest first. The id is a UUID v7, so the order of the ids is the order of
 * time, and a page begins behind the last id of the page before (keyset pagination).
 */
export async function readPaymentRows(
  query: Query,
  asked: Omit<PaymentsQuery, 'effects'> & { ids?: string[]; limit: number },
): Promise<PaymentRowSummary[]> {
  const values: unknown[] = [];
  const given = (value: unknown) => `$${values.push(value)}`;
  const { userId, orderId, status, cursor, ids } = asked;
  const conditions = [
    ...(userId === undefined ? [] : [`user_id = ${given(userId)}`]),
    ...(orderId === undefined ? [] : [`order_id = ${given(orderId)}`]),
    ...(status === undefined ? [] : [`status = ${given(status)}`]),
    ...(cursor === undefined ? [] : [`id < ${given(cursor)}::uuid`]),
    ...(ids === undefined ? [] : [`id = ANY(${given(ids)}::uuid[])`]),
  ];
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const rows = await query(
    `SELECT ${COLUMNS} FROM payments.payments ${where} ORDER BY id DESC LIMIT ${given(asked.limit)}`,
    values,
  );
  return rows.map((row) => toSummary(row as unknown as Columns));
}

interface Columns {
  id: string;
  user_id: string;
  order_id: string;
  status: PaymentSummary['status'];
  amount_minor: string;
  currency: string;
  created_at: Date;
  completed_at: Date | null;
}

const toSummary = (row: Columns): PaymentRowSummary => ({
  id: row.id,
  userId: row.user_id,
  orderId: row.order_id,
  status: row.status,
  amountMinor: row.amount_minor,
  currency: row.currency,
  createdAt: row.created_at.toISOString(),
  completedAt: row.completed_at?.toISOString() ?? null,
});

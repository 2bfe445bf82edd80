import type { PaymentSummary } from '../../control-room/wire/evidence.js';

/**
 * The first page of the list with what the stream has sent since: changed rows in place, newer ones
 * on top. Rows that are older than the page stay away, because its cursor continues where it ends.
 */
export function withLiveRows(
  page: readonly PaymentSummary[],
  live: readonly PaymentSummary[],
): PaymentSummary[] {
  const changes = new Map(live.map((row) => [row.id, row]));
  const known = new Set(page.map(({ id }) => id));
  const newest = page[0]?.createdAt ?? '';
  const fresh = live.filter(({ id, createdAt }) => !known.has(id) && createdAt >= newest);
  return [...fresh, ...page.map((row) => changes.get(row.id) ?? row)];
}

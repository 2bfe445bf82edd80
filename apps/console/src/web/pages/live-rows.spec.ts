import type { PaymentSummary } from '../../control-room/wire/evidence.js';
import { withLiveRows } from './live-rows.js';

const row = (id: string, second: number, status: PaymentSummary['status'] = 'COMPLETED') =>
  ({ id, status, createdAt: `2026-11-29T12:00:${second}.000Z` }) as PaymentSummary;

const ids = (rows: PaymentSummary[]) => rows.map(({ id }) => id);

describe('the first page of payments', () => {
  const page = [row('b', 20), row('a', 10, 'PENDING')];

  it('shows newer payments on top, and changes in place', () => {
    const rows = withLiveRows(page, [row('c', 30), row('b', 20), row('a', 10)]);
    expect(ids(rows)).toEqual(['c', 'b', 'a']);
    expect(rows[2]).toMatchObject({ status: 'COMPLETED' });
  });

  it('does not show an older payment, which belongs to a later page', () => {
    expect(ids(withLiveRows(page, [row('old', 15), row('older', 12)]))).toEqual(['b', 'a']);
  });

  it('shows live payments when there was none', () => {
    expect(ids(withLiveRows([], [row('c', 30)]))).toEqual(['c']);
  });
});

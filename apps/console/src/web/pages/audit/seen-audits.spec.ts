import type { AuditReport } from '@effectively-once/audit/report';
import { byNumber, isPaymentId, withAudit, type SeenAudit } from './seen-audits.js';

const report = (second: number) =>
  ({
    cutoff: new Date(second * 1_000).toISOString(),
    durationMs: 12,
    invariants: [
      { id: 'I2', status: 'ok', violatedCount: 0, lateCount: 0 },
      { id: 'I10', status: 'late', violatedCount: 1, lateCount: 2 },
      { id: 'I1', status: 'ok', violatedCount: 0, lateCount: 0 },
    ],
  }) as unknown as AuditReport;

describe('the audits that a page has seen', () => {
  it('are kept once each, oldest first, sixty at most', () => {
    let seen: SeenAudit[] = [];
    for (let second = 70; second > 0; second -= 1) seen = withAudit(seen, report(second));
    seen = withAudit(withAudit(seen, report(99)), report(99));
    expect(seen).toHaveLength(60);
    expect(seen.at(-1)).toMatchObject({ cutoff: report(99).cutoff, findings: 3, isFull: true });
    expect([...seen].sort((one, other) => (one.cutoff < other.cutoff ? -1 : 1))).toEqual(seen);
  });

  it('have their invariants in the order of their numbers', () => {
    expect(byNumber(report(1).invariants).map(({ id }) => id)).toEqual(['I1', 'I2', 'I10']);
  });

  it('name payments, which have a page, and other things', () => {
    expect(isPaymentId('01a1fe5f-8515-75bb-a270-f20b00a0dde7')).toBe(true);
    expect(isPaymentId('payment.completed/3@17')).toBe(false);
  });
});

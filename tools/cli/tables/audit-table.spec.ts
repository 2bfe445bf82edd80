import { stripVTControlCharacters } from 'node:util';
import type { AuditReport, Finding, InvariantReport } from '@effectively-once/audit';
import { auditTable } from './audit-table.js';

const finding = (id: string): Finding => ({ id, kind: 'lost', why: 'has no outbox row' });

function table(changes: Partial<AuditReport>, ...invariants: Partial<InvariantReport>[]): string[] {
  const report: AuditReport = {
    cutoff: '2026-11-20T12:02:00.000Z',
    settleLimitS: 120,
    payments: 1234,
    tooYoung: 0,
    durationMs: 1_260,
    invariants: invariants.map((invariant) => ({
      id: 'I1',
      title: 'a title',
      status: 'ok',
      checked: 1234,
      violated: [],
      late: [],
      violatedCount: invariant.violated?.length ?? 0,
      lateCount: invariant.late?.length ?? 0,
      violatedByKind: { lost: 0, doubled: 0, other: 0 },
      ...invariant,
    })),
    ...changes,
  };
  return stripVTControlCharacters(auditTable(report)).split('\n');
}

describe('the audit report as text', () => {
  it('prints one aligned line per invariant, between the scope and the conclusion', () => {
    const lines = table({}, {}, { id: 'I11', checked: 7 });
    const [judged, , first, second, , conclusion] = lines;
    expect(judged).toBe(
      'judged 1,234 payments that completed before 2026-11-20T12:00:00.000Z, in 1.3 s',
    );
    expect(first).toMatch(/^I1 {3}ok {8}a title +1,234 checked$/);
    expect(second?.indexOf('7 checked')).toBe(first?.indexOf('1,234 checked'));
    expect(conclusion).toBe('nothing is lost, nothing is doubled');
  });

  it('names the start of the judged period', () => {
    expect(table({ since: '2026-11-20T11:00:00.000Z' })[0]).toMatch(
      /^judged 1,234 payments that completed from 2026-11-20T11:00:00.000Z on and before 2026/,
    );
  });

  it('says why new payments are not judged, and which option judges them', () => {
    expect(table({ payments: 0, tooYoung: 2 })[1]).toBe(
      '2 younger than 120 s are not judged yet; --wait=30 judges all',
    );
  });

  it('does not report success without judged payments', () => {
    expect(table({ payments: 0, tooYoung: 2 }).at(-1)).toBe(
      'no payment is old enough to be judged; --wait=30 judges all',
    );
  });

  it('lists the ids that break an invariant below it', () => {
    const lines = table(
      {},
      { status: 'violated', violated: [finding('p1')], late: [finding('p2')] },
    );
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^I1 {3}violated {2}a title .* 1,234 checked, 1 late, 1 violated$/),
        '     p1  has no outbox row',
        '     p2  has no outbox row',
        'violated: I1',
      ]),
    );
  });

  it('lists at most twenty ids, and says how many more there are and how to see a thousand', () => {
    const violated = Array.from({ length: 1000 }, (_, index) => finding(`p${index}`));
    const lines = table({}, { status: 'violated', violated, violatedCount: 12_365 });
    expect(lines.filter((line) => line.includes('has no outbox row'))).toHaveLength(20);
    expect(lines).toContain('     and 12,345 more; --json names the first 1,000');
  });

  it('does not call a late effect lost', () => {
    const lines = table({}, { status: 'late', late: [finding('p1')] });
    expect(lines.at(-1)).toBe('nothing is lost or doubled; what is late is still on its way');
  });
});

import { addJudgement, emptyReport, type AuditReport, type Finding } from './report.js';
import { verdictOf } from './verdict.js';

const finding = (id: string, kind: Finding['kind'] = 'lost'): Finding => ({ id, kind, why: 'why' });

function report(found: Record<string, { violated?: Finding[]; late?: Finding[] }>): AuditReport {
  return {
    cutoff: '2026-11-20T12:00:00.000Z',
    settleLimitS: 120,
    payments: 7,
    tooYoung: 0,
    durationMs: 1,
    invariants: Object.entries(found).map(([id, { violated = [], late = [] }]) => {
      const invariant = emptyReport({ id, title: '' });
      addJudgement(invariant, { checked: 7, violated, late });
      return invariant;
    }),
  };
}

describe('the verdict', () => {
  it('is all zero without findings, and says how many payments were judged', () => {
    expect(verdictOf(report({ I1: {} }))).toEqual({
      lost: 0,
      doubled: 0,
      late: 0,
      other: 0,
      payments: 7,
    });
  });

  it('counts a payment once, however many invariants name it', () => {
    const lost = () => ({ violated: [finding('a')] });
    const verdict = verdictOf(report({ I3: lost(), I6: lost(), I7: lost(), I8: lost() }));
    expect(verdict).toMatchObject({ lost: 1, doubled: 0, other: 0 });
  });

  it('counts a payment under each kind of its findings', () => {
    const violated = [finding('a'), finding('a', 'doubled'), finding('b', 'other')];
    expect(verdictOf(report({ I7: { violated }, I6: { late: [finding('c')] } }))).toMatchObject({
      lost: 1,
      doubled: 1,
      late: 1,
      other: 1,
    });
  });

  it('is at least the largest count of an invariant that has more findings than it names', () => {
    const many = Array.from({ length: 1_700 }, (_, n) => finding(`p${n}`));
    const found = { I6: { violated: many, late: many }, I7: { violated: many.slice(0, 1_200) } };
    expect(verdictOf(report(found))).toMatchObject({ lost: 1_700, late: 1_700, other: 0 });
  });

  it('counts an exceeded bound as other, and a consumer that does not answer not as late', () => {
    const late = [finding('email', 'other')];
    const violated = [finding('payments_outbox', 'other')];
    expect(verdictOf(report({ I12: { violated, late } }))).toMatchObject({ late: 0, other: 1 });
  });
});

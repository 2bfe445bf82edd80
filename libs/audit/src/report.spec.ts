import {
  addJudgement,
  emptyReport,
  worstStatus,
  type AuditReport,
  type Judgement,
} from './report.js';

const finding = { id: 'paid', kind: 'lost', why: 'why' } as const;
const judgement = (changes: Partial<Judgement>): Judgement => ({
  checked: 1,
  violated: [],
  late: [],
  ...changes,
});
const report = (...judgements: Judgement[]): AuditReport => ({
  cutoff: '2026-11-20T12:00:00.000Z',
  settleLimitS: 120,
  payments: 1,
  tooYoung: 0,
  durationMs: 1,
  invariants: judgements.map((each) => {
    const invariant = emptyReport({ id: 'I1', title: '' });
    addJudgement(invariant, each);
    return invariant;
  }),
});

describe('the status of an audit', () => {
  it('is ok without findings', () => {
    expect(worstStatus(report(judgement({})))).toBe('ok');
  });

  it('is late if something is late and nothing is violated', () => {
    expect(worstStatus(report(judgement({}), judgement({ late: [finding] })))).toBe('late');
  });

  it('is violated as soon as one thing is violated, whatever else is late', () => {
    const both = judgement({ violated: [finding], late: [finding] });
    expect(worstStatus(report(judgement({ late: [finding] }), both))).toBe('violated');
  });
});

describe('the findings of an invariant, added up over buckets', () => {
  it('are all counted, and the first thousand are named', () => {
    const invariant = emptyReport({ id: 'I1', title: '' });
    const many = Array.from({ length: 700 }, () => finding);
    for (let bucket = 0; bucket < 3; bucket++) {
      addJudgement(invariant, judgement({ violated: many, late: [finding] }));
    }
    expect(invariant).toMatchObject({ checked: 3, violatedCount: 2_100, lateCount: 3 });
    expect(invariant.violated).toHaveLength(1_000);
    expect(invariant.violatedByKind).toEqual({ lost: 2_100, doubled: 0, other: 0 });
    expect(invariant.late).toHaveLength(3);
  });
});

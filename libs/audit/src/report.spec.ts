import { statusOf, worstStatus, type AuditReport, type Judgement } from './report.js';

const finding = { id: 'paid', why: 'why' };
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
  invariants: judgements.map((each) => ({ id: 'I1', title: '', status: statusOf(each), ...each })),
});

describe('the status of an audit', () => {
  it('is ok when nothing was found', () => {
    expect(worstStatus(report(judgement({})))).toBe('ok');
  });

  it('is late when something is late and nothing violated', () => {
    expect(worstStatus(report(judgement({}), judgement({ late: [finding] })))).toBe('late');
  });

  it('is violated as soon as one thing is, whatever else is late', () => {
    const both = judgement({ violated: [finding], late: [finding] });
    expect(worstStatus(report(judgement({ late: [finding] }), both))).toBe('violated');
  });
});

import { UnreadableStore, type AuditReport, type Finding } from '@effectively-once/audit';
import { toVerdict } from './verdict.js';

const CUTOFF = '2026-11-20T12:00:00.000Z';
const CUTOFF_MS = Date.parse(CUTOFF);

function report(found: { violated?: Finding[]; late?: Finding[] } = {}): AuditReport {
  const { violated = [], late = [] } = found;
  const status = violated.length > 0 ? 'violated' : late.length > 0 ? 'late' : 'ok';
  const count = (kind: Finding['kind']) => violated.filter((one) => one.kind === kind).length;
  return {
    cutoff: CUTOFF,
    settleLimitS: 120,
    payments: 7,
    tooYoung: 0,
    durationMs: 1_000,
    invariants: [
      {
        id: 'I7',
        title: '',
        status,
        checked: 7,
        violated,
        late,
        violatedCount: violated.length,
        lateCount: late.length,
        violatedByKind: { lost: count('lost'), doubled: count('doubled'), other: count('other') },
      },
    ],
  };
}

const finding = (kind: Finding['kind']): Finding => ({ id: 'paid', kind, why: 'why' });
const verdictAfter = (seconds: number, last?: AuditReport, failure?: unknown) =>
  toVerdict({ last, failure }, CUTOFF_MS + seconds * 1_000);

describe('the verdict of the control room', () => {
  it('is ok with the audit time and the number of payments', () => {
    expect(verdictAfter(5, report())).toEqual({
      state: 'ok',
      lost: 0,
      doubled: 0,
      late: 0,
      other: 0,
      payments: 7,
      checkedAt: CUTOFF,
      why: null,
    });
  });

  it.each(['lost', 'doubled', 'other'] as const)('is violated by one %s payment', (kind) => {
    const late = [finding('lost')];
    expect(verdictAfter(5, report({ violated: [finding(kind)], late }))).toMatchObject({
      state: 'violated',
      [kind]: 1,
      late: 1,
    });
  });

  it('is late if nothing else is wrong', () => {
    expect(verdictAfter(5, report({ late: [finding('lost')] }))).toMatchObject({
      state: 'late',
      lost: 0,
      late: 1,
    });
  });

  it('is stale before the first audit', () => {
    expect(verdictAfter(5)).toMatchObject({
      state: 'stale',
      checkedAt: null,
      why: 'no audit has finished yet',
    });
  });

  it('is stale when no audit has ended for 90 s, and keeps the last numbers', () => {
    const last = report({ violated: [finding('lost')] });
    expect(verdictAfter(92, last).state).toBe('violated');
    expect(verdictAfter(93, last)).toMatchObject({
      state: 'stale',
      lost: 1,
      checkedAt: CUTOFF,
      why: 'the last audit is 93 s old',
    });
  });

  it('is stale after an audit that failed, and names the store that cannot be read', () => {
    const failure = new UnreadableStore('Redis', new Error('connect ECONNREFUSED 10.0.0.1:6379'));
    expect(verdictAfter(5, report(), failure)).toMatchObject({
      state: 'stale',
      why: 'Redis cannot be read',
    });
    const secret = new Error('password authentication failed for user "auditor"');
    expect(verdictAfter(5, report(), secret).why).toBe(
      'the last audit failed; the console has logged why',
    );
  });
});

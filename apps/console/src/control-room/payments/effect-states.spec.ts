import type { AuditReport, Finding } from '@effectively-once/audit';
import {
  effectStates,
  findingsIn,
  idsFound,
  LATE_AFTER_MS,
  type EffectEvidence,
} from './effect-states.js';

const COMPLETED_AT = '2026-11-20T12:00:00.000Z';
const paid = { id: 'paid', status: 'COMPLETED' as const, completedAt: COMPLETED_AT };
const all = new Set(['paid']);
const none = new Set<string>();

const evidence = (changes: Partial<EffectEvidence> = {}): EffectEvidence => ({
  effects: { email: all, loyalty: all, search: all },
  deadLetters: [],
  isFound: () => false,
  nowMs: Date.parse(COMPLETED_AT) + 1_000,
  ...changes,
});
const missing = { effects: { email: none, loyalty: all, search: all } };
const email = (changes: Partial<EffectEvidence>) =>
  effectStates(paid, evidence({ ...missing, ...changes })).email;
const later = { nowMs: Date.parse(COMPLETED_AT) + LATE_AFTER_MS + 1 };

function auditOf(violated: Finding[], late: Finding[] = []): AuditReport {
  return { invariants: [{ id: 'I7', violated, late }] } as unknown as AuditReport;
}
const finding = (id: string, kind: Finding['kind']): Finding => ({ id, kind, why: '' });

describe('the state of an effect', () => {
  it('is none unless the payment is COMPLETED', () => {
    const declined = { ...paid, status: 'DECLINED' as const, completedAt: null };
    expect(effectStates(declined, evidence())).toEqual({
      email: 'none',
      loyalty: 'none',
      search: 'none',
    });
  });

  it('is done when it is there', () => {
    expect(effectStates(paid, evidence(later))).toEqual({
      email: 'done',
      loyalty: 'done',
      search: 'done',
    });
  });

  it('is due until the settle limit, and late afterwards', () => {
    expect(email({})).toBe('due');
    expect(email({ nowMs: Date.parse(COMPLETED_AT) + LATE_AFTER_MS })).toBe('due');
    expect(email(later)).toBe('late');
  });

  it('is dead_lettered by a dead letter of its own consumer only', () => {
    const letter = (consumer: 'email' | 'search') => ({
      ...later,
      deadLetters: [{ consumer, paymentId: 'paid' }],
    });
    expect(email(letter('email'))).toBe('dead_lettered');
    expect(email(letter('search'))).toBe('late');
  });

  it('is lost if the audit says so, until it is there after all', () => {
    const isFound = findingsIn(auditOf([finding('paid', 'lost')]));
    expect(email({ ...later, isFound })).toBe('lost');
    expect(effectStates(paid, evidence({ isFound })).email).toBe('done');
    expect(effectStates(paid, evidence({ isFound })).loyalty).toBe('done');
  });

  it('is doubled if the audit says so', () => {
    const isFound = findingsIn(auditOf([finding('paid', 'doubled'), finding('other', 'lost')]));
    expect(effectStates(paid, evidence({ isFound }))).toMatchObject({
      email: 'doubled',
      loyalty: 'done',
    });
  });

  it('is unknown while its store does not answer', () => {
    const effects = { email: undefined, loyalty: none, search: all };
    expect(effectStates(paid, evidence({ ...later, effects }))).toEqual({
      email: 'unknown',
      loyalty: 'late',
      search: 'done',
    });
  });
});

describe('the payments behind a number of the verdict', () => {
  const audit = auditOf(
    [finding('a', 'lost'), finding('a', 'lost'), finding('b', 'doubled')],
    [finding('c', 'lost')],
  );

  it.each([
    ['lost', ['a']],
    ['doubled', ['b']],
    ['other', []],
    ['late', ['c']],
  ] as const)('are those that the audit named %s, each once', (filter, ids) => {
    expect(idsFound(audit, filter)).toEqual(ids);
  });

  it('are none before the first audit', () => {
    expect(idsFound(undefined, 'lost')).toEqual([]);
  });
});

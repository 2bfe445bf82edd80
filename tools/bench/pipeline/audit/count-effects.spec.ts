import { countEffects, isFaultless, type PipelineEvidence } from './count-effects.js';

const AT = { atMs: 1 };
const entries = (...ids: string[]) => ids.map((paymentId) => ({ paymentId, ...AT }));
const payment = (userId: string) => ({ userId, points: 12, completedAtMs: 0 });

const honest = (): PipelineEvidence => ({
  accepted: new Set(['a', 'b']),
  payments: new Map([
    ['a', payment('alice')],
    ['b', payment('bob')],
  ]),
  charges: ['a', 'b'],
  mails: entries('a', 'b'),
  points: entries('a', 'b'),
  documents: entries('a', 'b'),
  balances: new Map([
    ['alice', 12],
    ['bob', 12],
  ]),
});

it('has nothing to say about a run in which every payment has each effect once', () => {
  const audit = countEffects(honest());
  expect(isFaultless(audit)).toBe(true);
  expect(audit.payments).toBe(2);
});

it.each(['mails', 'points', 'documents'] as const)('counts a payment without %s', (effect) => {
  const audit = countEffects({ ...honest(), [effect]: entries('b') });
  expect(audit[effect]).toEqual({ lost: 1, doubled: 0 });
  expect(isFaultless(audit)).toBe(false);
});

it.each(['mails', 'points'] as const)('counts a payment with doubled %s once', (effect) => {
  const audit = countEffects({ ...honest(), [effect]: entries('a', 'a', 'a', 'b') });
  expect(audit[effect]).toEqual({ lost: 0, doubled: 1 });
  expect(isFaultless(audit)).toBe(false);
});

it('a doubled effect of one payment does not hide the lost one of another', () => {
  const audit = countEffects({ ...honest(), mails: entries('a', 'a') });
  expect(audit.mails).toEqual({ lost: 1, doubled: 1 });
});

it('judges a payment whose 201 did not reach its client', () => {
  const audit = countEffects({ ...honest(), accepted: new Set(['a']), mails: entries('a') });
  expect(audit.mails.lost).toBe(1);
});

it('counts a 201 without a payment in the database', () => {
  const audit = countEffects({ ...honest(), accepted: new Set(['a', 'b', 'c']) });
  expect(audit).toMatchObject({ acceptedAndLost: 1, mails: { lost: 1 } });
  expect(isFaultless(audit)).toBe(false);
});

it('counts a payment that is charged twice', () => {
  const audit = countEffects({ ...honest(), charges: ['a', 'b', 'b'] });
  expect(audit.chargedTwice).toBe(1);
  expect(isFaultless(audit)).toBe(false);
});

it.each([
  [
    'too high',
    new Map([
      ['alice', 24],
      ['bob', 12],
    ]),
  ],
  ['missing', new Map([['alice', 12]])],
  [
    'of a user without a payment',
    new Map([
      ['alice', 12],
      ['bob', 12],
      ['carol', 12],
    ]),
  ],
])('counts a balance that is %s', (_, balances) => {
  const audit = countEffects({ ...honest(), balances });
  expect(audit.wrongBalances).toBe(1);
  expect(isFaultless(audit)).toBe(false);
});

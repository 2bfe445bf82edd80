import { randomFrom } from '../../faults/random.js';
import { isHeld } from '../lab.js';
import { countOutcomes, plannedKills, semanticsClaims, type StrategyResult } from './strategies.js';

it('counts payments without an effect as lost, and those with several as doubled', () => {
  const ledger = [
    { n: 0, effects: 1 },
    { n: 2, effects: 3 },
    { n: 3, effects: 1 },
  ];
  expect(countOutcomes(5, ledger)).toEqual({ once: 2, lost: 2, doubled: 1 });
});

it('plans as many kills as asked, each at another payment, and the same for the same seed', () => {
  const plan = (seed: number) => plannedKills(randomFrom(seed), { payments: 50, kills: 20 });
  expect(new Set(plan(7).map(({ n }) => n)).size).toBe(20);
  expect(plan(7).every(({ n }) => Number.isInteger(n) && n >= 0 && n < 50)).toBe(true);
  expect(new Set(plan(7).map(({ point }) => point)).size).toBe(2);
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
});

it('refuses more kills than payments, because it would search for ever', () => {
  expect(() => plannedKills(Math.random, { payments: 1, kills: 2 })).toThrow('2 kills');
});

describe('the claims', () => {
  const clean = { kills: 20, once: 1_000, lost: 0, doubled: 0, doubledWithoutEvidence: 0 };
  const failing = (result: Partial<StrategyResult> & Pick<StrategyResult, 'strategy'>) =>
    semanticsClaims([{ ...clean, ...result }])
      .filter((claim) => !isHeld(claim))
      .map(({ claim }) => claim);

  it('hold for what each strategy promises', () => {
    expect(failing({ strategy: 'commit first', lost: 20 })).toEqual([]);
    expect(failing({ strategy: 'effect first', doubled: 20 })).toEqual([]);
    expect(failing({ strategy: 'effect first, inbox' })).toEqual([]);
  });

  it('fail for an inbox that loses or doubles, and for a window that was never hit', () => {
    const strategy = 'effect first, inbox';
    expect(failing({ strategy, lost: 1, doubled: 1 })).toHaveLength(2);
    expect(failing({ strategy: 'commit first', lost: 0 })).toEqual(['commit first: lost']);
    expect(failing({ strategy: 'effect first', doubled: 19 })).toEqual(['effect first: doubled']);
  });

  it('let email double what its kills hit, and nothing without evidence', () => {
    const email = { strategy: 'email', killsInWindow: 3, doubledWithoutEvidence: 0 } as const;
    expect(failing({ ...email, doubled: 4 })).toEqual([]);
    expect(failing({ ...email, doubled: 2 })).toEqual(['email: doubled']);
    expect(failing({ ...email, doubled: 4, doubledWithoutEvidence: 1 })).toEqual([
      '… without evidence',
    ]);
    expect(failing({ ...email, doubled: 4, lost: 1 })).toEqual(['email: lost']);
    expect(failing({ strategy: 'loyalty', doubled: 1 })).toEqual(['loyalty: doubled']);
    expect(failing({ strategy: 'search', lost: 1 })).toEqual(['search: lost']);
  });
});

import type { Verdict } from '../../control-room/wire/overview.js';
import { shownVerdict } from './verdict.js';

const now = Date.parse('2026-11-29T12:00:00.000Z');
const open = { state: 'open' } as const;
const verdict = (changes: Partial<Verdict> = {}): Verdict => ({
  state: 'ok',
  lost: 0,
  doubled: 0,
  late: 0,
  other: 0,
  payments: 10,
  checkedAt: '2026-11-29T11:59:48.000Z',
  why: null,
  ...changes,
});

describe('the verdict on the page', () => {
  it('is what the audit found', () => {
    expect(shownVerdict(verdict({ state: 'late', late: 3 }), open, now)).toMatchObject({
      state: 'late',
      verdict: { late: 3 },
    });
  });

  it.each([
    [null, open, 'Waiting for the console'],
    [verdict({ checkedAt: null }), open, 'No audit has finished yet'],
    [verdict({ state: 'stale', why: 'Redis cannot be read' }), open, 'Redis cannot be read'],
    [verdict({ checkedAt: '2026-11-29T11:58:00.000Z' }), open, 'The last audit is old'],
    [
      verdict(),
      { state: 'lost', retryAtMs: now, why: '' } as const,
      'No connection to the console',
    ],
  ])('has no numbers but a reason when they may be false', (last, connection, why) => {
    const shown = shownVerdict(last, connection, now);
    expect(shown).toMatchObject({ state: 'stale', why });
    expect(shown).not.toHaveProperty('verdict');
  });
});

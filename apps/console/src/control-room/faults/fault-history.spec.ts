import { outcomeOf } from './fault-history.js';

const counts = (changed: Record<string, number> = {}) => ({
  lost: 0,
  doubled: 0,
  late: 0,
  other: 0,
  payments: 9,
  ...changed,
});

it('goes as predicted when nothing is lost or doubled, and nothing is late any more', () => {
  expect(outcomeOf(counts(), false)).toBe('as_predicted');
});

it.each(['lost', 'doubled', 'other'])('does not go as predicted with one payment %s', (what) => {
  expect(outcomeOf(counts({ [what]: 1, late: 3 }), false)).toBe('not_as_predicted');
});

it('is not judged while something is late, except when it had time enough', () => {
  expect(outcomeOf(counts({ late: 1 }), false)).toBeNull();
  expect(outcomeOf(counts({ late: 1 }), true)).toBe('as_predicted');
});

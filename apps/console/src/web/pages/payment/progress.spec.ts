import type { PaymentEvidence, PaymentStep } from '../../../control-room/wire/evidence.js';
import { askAgainAfterMs, firstTimeMs, inOrder } from './progress.js';

const now = Date.parse('2026-11-29T12:00:00.000Z');
const done = { email: 'done', loyalty: 'done', search: 'done' } as const;
const payment = (changes: object) =>
  ({
    status: 'COMPLETED',
    completedAt: '2026-11-29T11:00:00.000Z',
    effects: done,
    judgement: { verdict: 'ok' },
    ...changes,
  }) as unknown as PaymentEvidence;

it.each([
  ['a payment that is whole', {}, null],
  ['an open payment', { status: 'UNKNOWN', completedAt: null }, 1_000],
  ['a payment whose effects are due', { effects: { ...done, email: 'due' } }, 1_000],
  ['a payment that has just completed', { completedAt: '2026-11-29T11:59:55.000Z' }, 1_000],
  ['a late effect', { effects: { ...done, email: 'late' } }, 10_000],
  ['an effect whose store does not answer', { effects: { ...done, email: 'unknown' } }, 10_000],
  ['a late finding', { judgement: { verdict: 'late' } }, 10_000],
])('%s is asked for again in time', (_what, changes, afterMs) => {
  expect(askAgainAfterMs(payment(changes), now)).toBe(afterMs);
});

it('offsets count from the first recorded time', () => {
  const steps = [
    { at: null },
    { at: '1970-01-01T00:00:02.000Z' },
    { at: '1970-01-01T00:00:01.000Z' },
  ];
  expect(firstTimeMs(steps as PaymentStep[])).toBe(1_000);
});

it('steps are in order of time, and one without a time stays where it is', () => {
  const at = (id: string, second: number | null) =>
    ({ id, at: second === null ? null : `1970-01-01T00:00:0${second}.000Z` }) as PaymentStep;
  const steps = [at('none', null), at('late', 5), at('after late', null), at('early', 1)];
  expect(inOrder(steps).map(({ id }) => id)).toEqual(['none', 'early', 'late', 'after late']);
});

import { afterNoAnswer, ATTEMPTS_MAX, isFinal, nextStep, type ReadAnswer } from './attempts.js';

const answer = (changes: Partial<ReadAnswer>): ReadAnswer => ({
  kind: 'pay',
  status: 201,
  code: null,
  paymentStatus: null,
  retryAfter: null,
  location: null,
  ...changes,
});
const inFlight = { status: 409, code: 'idempotency_in_flight', retryAfter: '2' };

describe('a careful client', () => {
  it.each([
    [{ status: 201 }],
    [{ status: 402, code: 'payment_declined' }],
    [{ status: 409, code: 'order_already_paid', location: '/v1/payments/1' }],
    [{ status: 422, code: 'idempotency_key_reused' }],
    [{ status: 400, code: 'invalid_request' }],
    [{ status: 401 }],
  ])('takes %j as final', (changes) => {
    expect(nextStep(answer(changes), 1)).toEqual({ next: 'done' });
    expect(isFinal(answer(changes))).toBe(true);
  });

  it.each([
    [inFlight, 2_000],
    [{ status: 429, retryAfter: '1' }, 1_000],
    [{ status: 503, retryAfter: null }, 1_000],
    [{ status: 503, retryAfter: '-4' }, 1_000],
    [{ status: 503, retryAfter: 'soon' }, 1_000],
    [{ status: 503, retryAfter: '86400' }, 30_000],
    [{ status: 202, location: null }, 1_000],
  ])('repeats after %j with the same key', (changes, afterMs) => {
    expect(nextStep(answer(changes), 1)).toEqual({ next: 'repeat', afterMs });
    expect(isFinal(answer(changes))).toBe(false);
  });

  it('looks at an unknown payment until it is final, then asks for the stored answer', () => {
    const location = '/v1/payments/1';
    const look = { next: 'look', path: location, afterMs: 1_000 };
    expect(nextStep(answer({ status: 202, location, retryAfter: '1' }), 1)).toEqual(look);
    const seen = (paymentStatus: string) =>
      nextStep(answer({ kind: 'look', status: 200, paymentStatus, location }), 2);
    expect(seen('UNKNOWN')).toEqual(look);
    expect(seen('PENDING')).toEqual(look);
    expect(seen('COMPLETED')).toEqual({ next: 'repeat', afterMs: 0 });
    expect(isFinal(answer({ kind: 'look', status: 200, paymentStatus: 'COMPLETED' }))).toBe(false);
  });

  it('does not look for ever at a payment that cannot be read', () => {
    const failed = answer({ kind: 'look', status: 500, location: '/v1/payments/1' });
    expect(nextStep(failed, 2)).toEqual({ next: 'repeat', afterMs: 1_000 });
  });

  it('stops after many attempts, but takes a final answer even then', () => {
    expect(nextStep(answer(inFlight), ATTEMPTS_MAX)).toMatchObject({ next: 'stop' });
    expect(nextStep(answer({ status: 201 }), ATTEMPTS_MAX)).toEqual({ next: 'done' });
    expect(afterNoAnswer(ATTEMPTS_MAX)).toMatchObject({ next: 'stop' });
  });

  it('waits longer each time there is no answer, at most 30 s', () => {
    const waits = [1, 2, 3, 6, 20].map((attempts) => afterNoAnswer(attempts));
    expect(waits.map((step) => (step.next === 'repeat' ? step.afterMs : NaN))).toEqual([
      1_000, 2_000, 4_000, 30_000, 30_000,
    ]);
  });
});

import { jest } from '@jest/globals';
import { register } from 'prom-client';
import {
  CHECKOUTS_MAX,
  FAILURES_TO_OPEN,
  PspCircuitBreaker,
  TRIAL_AFTER_MS,
  type Outage,
  type Permit,
} from './circuit-breaker.js';
import type { ChargeResult } from './psp.js';

const captured: ChargeResult = { outcome: 'captured', pspReference: 'pi_1' };
const silent: ChargeResult = { outcome: 'unknown', next: 'repeat', because: 'psp_down' };

describe('the circuit breaker of the PSP', () => {
  let nowMs: number;
  let outages: Outage[];
  let calls: number;
  let payments: number;
  let circuitBreaker: PspCircuitBreaker;
  beforeEach(() => {
    nowMs = 1_000_000;
    outages = [];
    calls = 0;
    payments = 0;
    circuitBreaker = new PspCircuitBreaker({
      nowMs: () => nowMs,
      onOutage: (outage) => outages.push(outage),
    });
  });

  const reading = async () =>
    (await register.getSingleMetric('circuit_state')!.get()).values[0]?.value;
  const newPayment = () => `payment-${(payments += 1)}`;
  const call = async (permit: Permit, result: ChargeResult, paymentId = newPayment()) =>
    await circuitBreaker.execute(permit, paymentId, async () => {
      calls += 1;
      return result;
    });
  const checkout = async (result: ChargeResult): Promise<ChargeResult | 'no permit'> => {
    const permit = circuitBreaker.acquireForCheckout();
    if (!permit) return 'no permit';
    try {
      return await call(permit, result);
    } finally {
      permit.release();
    }
  };
  /** The completer repeats the charge of an open payment. */
  const repeat = async (paymentId: string, result: ChargeResult) => {
    const permit = circuitBreaker.acquireForCompleter();
    if (!permit) return 'no permit';
    try {
      return await call(permit, result, paymentId);
    } finally {
      permit.release();
    }
  };
  const fail = async (times: number, result: ChargeResult = silent) => {
    for (let n = 0; n < times; n += 1) await checkout(result);
  };

  it.each<ChargeResult>([silent, { outcome: 'not_reached' }])(
    'opens after five failures in a row: %j',
    async (failure) => {
      await fail(FAILURES_TO_OPEN - 1, failure);
      expect(await checkout(captured)).toBe(captured);
      await fail(FAILURES_TO_OPEN - 1, failure);
      expect(await reading()).toBe(0);
      await fail(1, failure);
      expect(await reading()).toBe(2);
      calls = 0;
      expect(await checkout(captured)).toBe('no permit');
      expect(circuitBreaker.acquireForCompleter()).toBeUndefined();
      expect(calls).toBe(0);
    },
  );

  it.each<ChargeResult>([
    { outcome: 'declined', declineCode: 'do_not_honor', pspReference: null },
    { outcome: 'invalid', code: 'resource_missing' },
    { outcome: 'refused' },
    { outcome: 'unknown', next: 'look_up', because: 'inconclusive' },
  ])('stays closed when the PSP refuses, which proves that it works: %j', async (no) => {
    await fail(20, no);
    expect(await checkout(captured)).toBe(captured);
  });

  it('allows one trial of each caller after two seconds, and no request beside them', async () => {
    await fail(FAILURES_TO_OPEN);
    nowMs += TRIAL_AFTER_MS - 1;
    expect(circuitBreaker.acquireForCheckout()).toBeUndefined();
    nowMs += 1;
    const trial = circuitBreaker.acquireForCompleter()!;
    expect(trial.isTrial).toBe(true);
    expect(circuitBreaker.acquireForCompleter()).toBeUndefined();
    const another = circuitBreaker.acquireForCheckout()!;
    expect(another.isTrial).toBe(true);
    expect(circuitBreaker.acquireForCheckout()).toBeUndefined();

    let answer: (result: ChargeResult) => void = () => {};
    const trialCall = circuitBreaker.execute(
      trial,
      newPayment(),
      () => new Promise((resolve) => (answer = resolve)),
    );
    expect(await reading()).toBe(1);
    expect(circuitBreaker.acquireForCheckout()).toBeUndefined();
    answer(captured);
    await trialCall;
    trial.release();
    another.release();
    expect(await reading()).toBe(0);
    expect(await checkout(captured)).toBe(captured);
  });

  it('stays closed while the PSP fails for one payment, or for two, again and again', async () => {
    for (let n = 0; n < 20; n += 1) {
      await repeat('stuck-1', silent);
      await repeat('stuck-2', silent);
    }
    expect(await reading()).toBe(0);
    expect(await checkout(captured)).toBe(captured);
  });

  it('opens after five requests of one payment that found no connection', async () => {
    for (let n = 0; n < FAILURES_TO_OPEN; n += 1) await repeat('open', { outcome: 'not_reached' });
    expect(await reading()).toBe(2);
  });

  it('three payments that fail for ever: a checkout closes it, and they do not open it again', async () => {
    const stuck = ['stuck-1', 'stuck-2', 'stuck-3'];
    const repeatAll = async () => {
      for (const paymentId of stuck) await repeat(paymentId, silent);
    };
    await repeatAll();
    await repeatAll();
    expect(await reading()).toBe(2);
    nowMs += TRIAL_AFTER_MS;
    // The completer is first, and its payment fails again.
    expect(await repeat('stuck-1', silent)).toBe(silent);
    expect(await checkout(captured)).toBe(captured);
    expect(await reading()).toBe(0);
    for (let n = 0; n < 10; n += 1) await repeatAll();
    expect(await reading()).toBe(0);
  });

  it('gives a checkout its trial while the trial of the completer hangs', async () => {
    await fail(FAILURES_TO_OPEN);
    nowMs += TRIAL_AFTER_MS;
    let answer: (result: ChargeResult) => void = () => {};
    const hanging = circuitBreaker.execute(
      circuitBreaker.acquireForCompleter()!,
      'stuck',
      () => new Promise((resolve) => (answer = resolve)),
    );
    expect(await checkout(silent)).toBe(silent);
    expect(await reading()).toBe(1);
    nowMs += TRIAL_AFTER_MS;
    expect(await checkout(captured)).toBe(captured);
    answer(silent);
    await hanging;
    expect(await reading()).toBe(0);
  });

  it('counts a payment again once the PSP has answered it', async () => {
    await fail(FAILURES_TO_OPEN - 1);
    const failed = Array.from({ length: FAILURES_TO_OPEN - 1 }, (_, n) => `payment-${n + 1}`);
    await checkout(captured);
    for (const paymentId of failed) await repeat(paymentId, silent);
    await fail(1);
    expect(await reading()).toBe(0);
    await checkout(captured);
    for (const paymentId of failed) await repeat(paymentId, captured);
    for (const paymentId of failed) await repeat(paymentId, silent);
    await fail(1);
    expect(await reading()).toBe(2);
  });

  it('waits two seconds again after a failed trial', async () => {
    await fail(FAILURES_TO_OPEN);
    nowMs += TRIAL_AFTER_MS;
    expect(await checkout(silent)).toBe(silent);
    expect(await checkout(captured)).toBe('no permit');
    nowMs += TRIAL_AFTER_MS;
    expect(await checkout(captured)).toBe(captured);
  });

  // NTP may step a clock back by half a minute. The trial's claim is committed by then. Without the
  // call, its payment would stay open, and its order blocked, until the clock has caught up.
  it('runs the trial although the wall clock steps back', async () => {
    await fail(FAILURES_TO_OPEN);
    nowMs += TRIAL_AFTER_MS;
    const steppedBackMs = Date.now() - 30_000;
    const wallClock = jest.spyOn(Date, 'now').mockReturnValue(steppedBackMs);
    try {
      expect(await checkout(captured)).toBe(captured);
    } finally {
      wallClock.mockRestore();
    }
    expect(await reading()).toBe(0);
  });

  it('gives a trial that was not used to the next caller', async () => {
    await fail(FAILURES_TO_OPEN);
    nowMs += TRIAL_AFTER_MS;
    circuitBreaker.acquireForCompleter()!.release();
    expect(circuitBreaker.acquireForCheckout()?.isTrial).toBe(true);
  });

  // Its claim took longer than the PSP needed to go down.
  it('makes no call with a permit from before it opened', async () => {
    const early = circuitBreaker.acquireForCheckout()!;
    await fail(FAILURES_TO_OPEN);
    expect(await call(early, captured)).toEqual({ outcome: 'not_reached' });
    expect(await reading()).toBe(2);
  });

  it('is not closed by an answer to an earlier request', async () => {
    let answer: (result: ChargeResult) => void = () => {};
    const early = circuitBreaker.execute(
      circuitBreaker.acquireForCheckout()!,
      newPayment(),
      () => new Promise((resolve) => (answer = resolve)),
    );
    await fail(FAILURES_TO_OPEN);
    answer(captured);
    expect(await early).toBe(captured);
    expect(await checkout(captured)).toBe('no permit');
  });

  it('is decided by the trial, not by the late failure of an earlier request', async () => {
    let answerEarly: (result: ChargeResult) => void = () => {};
    const early = circuitBreaker.execute(
      circuitBreaker.acquireForCheckout()!,
      newPayment(),
      () => new Promise((resolve) => (answerEarly = resolve)),
    );
    await fail(FAILURES_TO_OPEN);
    nowMs += TRIAL_AFTER_MS;
    const permit = circuitBreaker.acquireForCompleter()!;
    expect(permit.isTrial).toBe(true);
    let answerTrial: (result: ChargeResult) => void = () => {};
    const trial = circuitBreaker.execute(
      permit,
      newPayment(),
      () => new Promise((resolve) => (answerTrial = resolve)),
    );
    answerEarly(silent);
    await early;
    expect(await reading()).toBe(1);
    answerTrial(captured);
    await trial;
    expect(await reading()).toBe(0);
  });

  it('is not left half open by a trial that throws', async () => {
    await fail(FAILURES_TO_OPEN);
    nowMs += TRIAL_AFTER_MS;
    const trial = circuitBreaker.acquireForCompleter()!;
    expect(trial.isTrial).toBe(true);
    const bug = new Error('a mistake of ours');
    await expect(
      circuitBreaker.execute(trial, newPayment(), () => Promise.reject(bug)),
    ).rejects.toBe(bug);
    trial.release();
    expect(await checkout(captured)).toBe(captured);
  });

  it('reports one outage, however many trials fail in it', async () => {
    await fail(FAILURES_TO_OPEN);
    for (let n = 0; n < 3; n += 1) {
      nowMs += TRIAL_AFTER_MS;
      await checkout(silent);
    }
    expect(outages).toEqual([{ sinceMs: 1_000_000, untilMs: undefined }]);
    nowMs += TRIAL_AFTER_MS;
    await checkout(captured);
    expect(outages).toEqual([{ sinceMs: 1_000_000, untilMs: nowMs }]);
  });

  it('refuses a checkout while 250 wait for the PSP; the completer still gets a permit', () => {
    const permits = Array.from({ length: CHECKOUTS_MAX }, () =>
      circuitBreaker.acquireForCheckout(),
    );
    expect(permits.every(Boolean)).toBe(true);
    expect(circuitBreaker.acquireForCheckout()).toBeUndefined();
    expect(circuitBreaker.acquireForCompleter()).toBeDefined();
    permits[0]?.release();
    expect(circuitBreaker.acquireForCheckout()).toBeDefined();
  });
});

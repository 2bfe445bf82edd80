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

describe('the door to the PSP', () => {
  let nowMs: number;
  let outages: Outage[];
  let asked: number;
  let door: PspCircuitBreaker;
  beforeEach(() => {
    nowMs = 1_000_000;
    outages = [];
    asked = 0;
    door = new PspCircuitBreaker({
      nowMs: () => nowMs,
      onOutage: (outage) => outages.push(outage),
    });
  });

  const reading = async () =>
    (await register.getSingleMetric('circuit_state')!.get()).values[0]?.value;
  const ask = async (pass: Permit, result: ChargeResult) =>
    await door.execute(pass, async () => {
      asked += 1;
      return result;
    });
  const checkout = async (result: ChargeResult): Promise<ChargeResult | 'not let in'> => {
    const pass = door.acquireForCheckout();
    if (!pass) return 'not let in';
    try {
      return await ask(pass, result);
    } finally {
      pass.release();
    }
  };
  const fail = async (times: number, result: ChargeResult = silent) => {
    for (let n = 0; n < times; n += 1) await checkout(result);
  };

  it.each<ChargeResult>([silent, { outcome: 'not_reached' }])(
    'shuts after five failures in a row: %j',
    async (failure) => {
      await fail(FAILURES_TO_OPEN - 1, failure);
      expect(await checkout(captured)).toBe(captured);
      await fail(FAILURES_TO_OPEN - 1, failure);
      expect(await reading()).toBe(0);
      await fail(1, failure);
      expect(await reading()).toBe(2);
      asked = 0;
      expect(await checkout(captured)).toBe('not let in');
      expect(door.acquireForCompleter()).toBeUndefined();
      expect(asked).toBe(0);
    },
  );

  it.each<ChargeResult>([
    { outcome: 'declined', declineCode: 'do_not_honor', pspReference: null },
    { outcome: 'invalid', code: 'resource_missing' },
    { outcome: 'refused' },
    { outcome: 'unknown', next: 'look_up', because: 'inconclusive' },
  ])('stays open to all when the PSP says no, which proves that it works: %j', async (no) => {
    await fail(20, no);
    expect(await checkout(captured)).toBe(captured);
  });

  it('lets one try after a while, and nobody beside it', async () => {
    await fail(FAILURES_TO_OPEN);
    nowMs += TRIAL_AFTER_MS - 1;
    expect(door.acquireForCheckout()).toBeUndefined();
    nowMs += 1;
    const trial = door.acquireForCompleter()!;
    expect(trial.isTrial).toBe(true);
    expect(door.acquireForCheckout()).toBeUndefined();

    let answer: (result: ChargeResult) => void = () => {};
    const asking = door.execute(trial, () => new Promise((resolve) => (answer = resolve)));
    expect(await reading()).toBe(1);
    expect(door.acquireForCheckout()).toBeUndefined();
    answer(captured);
    await asking;
    trial.release();
    expect(await reading()).toBe(0);
    expect(await checkout(captured)).toBe(captured);
  });

  it('waits anew after a trial that failed', async () => {
    await fail(FAILURES_TO_OPEN);
    nowMs += TRIAL_AFTER_MS;
    expect(await checkout(silent)).toBe(silent);
    expect(await checkout(captured)).toBe('not let in');
    nowMs += TRIAL_AFTER_MS;
    expect(await checkout(captured)).toBe(captured);
  });

  // What sets clocks may step back by half a minute. The trial's claim is committed by then: not asked, its
  // payment would stay open, and its order blocked, until the clock has caught up.
  it('asks in the trial whatever the wall clock says meanwhile', async () => {
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

  it('gives a trial that was not used to the next one', async () => {
    await fail(FAILURES_TO_OPEN);
    nowMs += TRIAL_AFTER_MS;
    door.acquireForCompleter()!.release();
    expect(door.acquireForCheckout()?.isTrial).toBe(true);
  });

  // Its claim took longer than the PSP needed to go down.
  it('does not let somebody ask who came in before it shut', async () => {
    const early = door.acquireForCheckout()!;
    await fail(FAILURES_TO_OPEN);
    expect(await ask(early, captured)).toEqual({ outcome: 'not_reached' });
    expect(await reading()).toBe(2);
  });

  it('is not opened by an answer to an earlier question', async () => {
    let answer: (result: ChargeResult) => void = () => {};
    const early = door.execute(
      door.acquireForCheckout()!,
      () => new Promise((resolve) => (answer = resolve)),
    );
    await fail(FAILURES_TO_OPEN);
    answer(captured);
    expect(await early).toBe(captured);
    expect(await checkout(captured)).toBe('not let in');
  });

  it('tells of one outage, however many trials failed in it', async () => {
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

  it('is full when as many are waiting as may, until one of them leaves; the completer still gets in', () => {
    const passes = Array.from({ length: CHECKOUTS_MAX }, () => door.acquireForCheckout());
    expect(passes.every(Boolean)).toBe(true);
    expect(door.acquireForCheckout()).toBeUndefined();
    expect(door.acquireForCompleter()).toBeDefined();
    passes[0]?.release();
    expect(door.acquireForCheckout()).toBeDefined();
  });
});

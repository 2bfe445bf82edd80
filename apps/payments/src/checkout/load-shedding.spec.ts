import fc from 'fast-check';
import { LoadShedding, type WorkLimits } from './load-shedding.js';

const LIMITS: WorkLimits = { alwaysMax: 8, burstMax: 50, burstMs: 1_000, visitMs: 100 };

describe('load shedding', () => {
  let nowMs: number;
  let shedding: LoadShedding;
  let isLate: boolean;
  let ends: (() => void)[];
  beforeEach(() => start());

  function start(random: () => number = () => 0): void {
    nowMs = 0;
    ends = [];
    isLate = false;
    const loopDelay = { start: () => undefined, stop: () => undefined, isLate: () => isLate };
    shedding = new LoadShedding({ nowMs: () => nowMs, random, limits: LIMITS, loopDelay });
  }

  /** Begins a checkout, which runs until it is ended. */
  const begin = () =>
    shedding
      .admit(() => new Promise<void>((resolve) => ends.push(resolve)))
      .catch((error: unknown) => error);
  const beginMany = (count: number) => Array.from({ length: count }, () => void begin());
  /** Ends the oldest, and lets `admit` notice it. */
  const end = async () => {
    ends.shift()?.();
    for (let tick = 0; tick < 5; tick += 1) await Promise.resolve();
  };

  it('lets a burst through, up to its limit', async () => {
    beginMany(LIMITS.burstMax);
    expect(ends).toHaveLength(LIMITS.burstMax);
    expect(await begin()).toMatchObject({ code: 'overloaded', status: 503 });
    await end();
    beginMany(1);
    expect(ends).toHaveLength(LIMITS.burstMax);
  });

  it('refuses when a queue stands that nothing leaves, except for a few', async () => {
    beginMany(20);
    nowMs = LIMITS.burstMs;
    expect(shedding.isFull()).toBe(false);
    nowMs += 1;
    expect(shedding.isFull()).toBe(true);
    for (let left = 20; left >= LIMITS.alwaysMax; left -= 1) await end();
    nowMs += 60_000;
    expect(shedding.isFull()).toBe(false);
  });

  it('does not take an overload for a new burst whenever it falls below the limit', async () => {
    beginMany(LIMITS.alwaysMax);
    nowMs = LIMITS.burstMs + 1;
    for (let round = 0; round < 10; round += 1) {
      nowMs += 50;
      await end();
      beginMany(3);
      expect(ends).toHaveLength(LIMITS.alwaysMax);
    }
  });

  it('takes the next burst after an overload again', async () => {
    beginMany(LIMITS.alwaysMax);
    nowMs = 5_000;
    while (ends.length > 0) await end();
    beginMany(LIMITS.burstMax + 10);
    expect(ends).toHaveLength(LIMITS.burstMax);
  });

  it('does not count a checkout that waits for the PSP, and counts it again afterwards', async () => {
    const answers: (() => void)[] = [];
    const waitForPsp = () => new Promise<void>((resolve) => answers.push(resolve));
    const checkouts = Array.from({ length: 200 }, () =>
      shedding.admit(() => shedding.whileAtPsp(waitForPsp)),
    );
    expect(answers).toHaveLength(200);
    beginMany(LIMITS.burstMax);
    expect(await begin()).toMatchObject({ code: 'overloaded' });
    for (const answer of answers) answer();
    await Promise.all(checkouts);
    while (ends.length > 0) await end();
    expect(shedding.isFull()).toBe(false);
  });

  it('counts a checkout that waits for the PSP while the event loop is late: its answer waits for us', async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const checkouts = Array.from({ length: LIMITS.alwaysMax }, () =>
      shedding.admit(() => shedding.whileAtPsp(() => answered)),
    );
    expect(shedding.isFull()).toBe(false);
    // A clock later than all departures: none of the rate is left.
    nowMs = 1e6;
    isLate = true;
    expect(shedding.isFull()).toBe(true);
    isLate = false;
    expect(shedding.isFull()).toBe(false);
    answer();
    await Promise.all(checkouts);
    isLate = true;
    expect(shedding.isFull()).toBe(false);
  });

  it('says when to return, spread over seconds', async () => {
    for (const [drawn, seconds] of [
      [0, '1'],
      [0.999, '4'],
    ] as const) {
      start(() => drawn);
      beginMany(LIMITS.burstMax);
      expect(await begin()).toMatchObject({ headers: { 'retry-after': seconds } });
    }
  });

  // Checkouts that are paid, that throw, and that throw while they wait for the PSP.
  it('has its whole limit again after any history of checkouts that ended somehow', async () => {
    const fails = () => Promise.reject(new Error('the client is away'));
    const kinds = {
      pays: () => Promise.resolve(),
      throws: fails,
      throwsAtPsp: () => shedding.whileAtPsp(fails),
      paysAtPsp: () => shedding.whileAtPsp(() => Promise.resolve()),
    };
    const kind = fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[]));
    await fc.assert(
      fc.asyncProperty(fc.array(kind, { maxLength: 80 }), async (history) => {
        start();
        await Promise.allSettled(history.map((one) => shedding.admit(kinds[one])));
        beginMany(LIMITS.burstMax + 1);
        expect(ends).toHaveLength(LIMITS.burstMax);
      }),
    );
  });

  // A server with one queue that serves one checkout every `serveMs`.
  it('under a steady overload of any size it uses the whole capacity, and the wait is bounded', async () => {
    const overload = fc.record({
      serveMs: fc.integer({ min: 3, max: 20 }),
      times: fc.integer({ min: 2, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(overload, async ({ serveMs, times }) => {
        start();
        const arrivedAtMs: number[] = [];
        const waitsMs: number[] = [];
        let [idle, refused] = [0, 0];
        for (nowMs = 0; nowMs < 6_000; nowMs += serveMs) {
          for (let n = 0; n < times; n += 1) {
            if (shedding.isFull()) {
              refused += 1;
            } else {
              void begin();
              arrivedAtMs.push(nowMs);
            }
          }
          if (ends.length === 0) idle += 1;
          const arrived = arrivedAtMs.shift() ?? nowMs;
          if (nowMs > 3_000) waitsMs.push(nowMs - arrived);
          await end();
        }
        expect(idle).toBe(0);
        expect(refused).toBeGreaterThan(0);
        // `alwaysMax` are admitted however long they take.
        const boundMs = Math.max(LIMITS.visitMs, LIMITS.alwaysMax * serveMs);
        expect(Math.max(...waitsMs)).toBeLessThanOrEqual(boundMs + serveMs);
      }),
      { numRuns: 20 },
    );
  });
});

import { jest } from '@jest/globals';
import { LoopDelay } from './loop-delay.js';

describe('the delay of the event loop', () => {
  let nowMs: number;
  let delay: LoopDelay;
  beforeEach(() => {
    jest.useFakeTimers();
    nowMs = 0;
    delay = new LoopDelay(() => nowMs);
    delay.start();
  });
  afterEach(() => {
    delay.stop();
    jest.useRealTimers();
  });

  /** The next tick, so much after it was due. */
  const tick = (lateMs: number) => {
    nowMs += 50 + lateMs;
    jest.advanceTimersByTime(50);
  };

  it('is late when each tick of a quarter of a second is late', () => {
    tick(100);
    expect(delay.isLate()).toBe(false);
    tick(101);
    expect(delay.isLate()).toBe(true);
    tick(10);
    expect(delay.isLate()).toBe(false);
  });

  it('is not late after one pause of the garbage collector', () => {
    for (let n = 0; n < 10; n += 1) {
      tick(200);
      expect(delay.isLate()).toBe(false);
      tick(0);
    }
  });

  it('is late while a tick is due that has not come', () => {
    nowMs += 50 + 251;
    expect(delay.isLate()).toBe(true);
  });

  it('is not late while it does not look', () => {
    tick(1_000);
    expect(delay.isLate()).toBe(true);
    delay.stop();
    expect(delay.isLate()).toBe(false);
  });
});

import { jest } from '@jest/globals';
import { register } from 'prom-client';
import { READ_TIMEOUT_MS, scrapedGauge } from './metrics.js';

const exposed = async () =>
  (await register.metrics()).split('\n').filter((line) => /^[a-z]/.test(line));

describe('a gauge that asks when it is scraped', () => {
  afterEach(() => register.clear());

  it('shows what is true then', async () => {
    let open = 1;
    scrapedGauge('open', 'Open ones', ['of'], async (set) => set(open, { of: 'alice' }));
    await expect(exposed()).resolves.toEqual(['open{of="alice"} 1']);
    open = 2;
    await expect(exposed()).resolves.toEqual(['open{of="alice"} 2']);
  });

  it('is absent while it cannot be read, with labels or without, and no other metric with it', async () => {
    let isDown = false;
    const read = async () => {
      if (isDown) throw new Error('the database is away');
    };
    scrapedGauge('plain', 'Without labels', [], async (set) => (set(3), await read()));
    scrapedGauge(
      'labelled',
      'With labels',
      ['of'],
      async (set) => (set(4, { of: 'a' }), await read()),
    );
    scrapedGauge('other', 'Of something else', [], async (set) => set(5));
    await expect(exposed()).resolves.toEqual(['plain 3', 'labelled{of="a"} 4', 'other 5']);
    isDown = true;
    await expect(exposed()).resolves.toEqual(['other 5']);
  });

  // A frozen database must not take away what shows that it is frozen.
  it('is absent while nobody answers, and so is a late answer; all others are there', async () => {
    jest.useFakeTimers();
    try {
      let answer: (value: number) => void = () => undefined;
      scrapedGauge('silent', 'Not answered', ['of'], async (set) => {
        const value = await new Promise<number>((resolve) => (answer = resolve));
        set(value, { of: 'late' });
      });
      scrapedGauge('other', 'Of something else', [], async (set) => set(5));
      const scrape = exposed();
      await jest.advanceTimersByTimeAsync(READ_TIMEOUT_MS);
      await expect(scrape).resolves.toEqual(['other 5']);

      const answerLate = answer;
      const next = exposed();
      answerLate(1);
      await jest.advanceTimersByTimeAsync(READ_TIMEOUT_MS);
      await expect(next).resolves.toEqual(['other 5']);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('can be made again', async () => {
    for (const value of [1, 2]) scrapedGauge('again', 'Twice', [], async (set) => set(value));
    await expect(exposed()).resolves.toEqual(['again 2']);
  });
});

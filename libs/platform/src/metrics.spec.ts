import { jest } from '@jest/globals';
import { register } from 'prom-client';
import { READ_TIMEOUT_MS, scrapedGauge } from './metrics.js';

const exposed = async () =>
  (await register.metrics()).split('\n').filter((line) => /^[a-z]/.test(line));

describe('a gauge that reads its value when it is scraped', () => {
  afterEach(() => register.clear());

  it('shows the value at the time of the scrape', async () => {
    let open = 1;
    scrapedGauge('open', 'Open ones', ['of'], async (set) => set(open, { of: 'alice' }));
    await expect(exposed()).resolves.toEqual(['open{of="alice"} 1']);
    open = 2;
    await expect(exposed()).resolves.toEqual(['open{of="alice"} 2']);
  });

  it('is absent while it cannot be read, with and without labels; other metrics are present', async () => {
    let isDown = false;
    const read = async () => {
      if (isDown) throw new Error('the database is down');
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

  // If a frozen database failed the whole scrape, the metric that shows it would be missing too.
  it('is absent while its read hangs, and ignores a late answer; other metrics are present', async () => {
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

  it('can be created again', async () => {
    for (const value of [1, 2]) scrapedGauge('again', 'Twice', [], async (set) => set(value));
    await expect(exposed()).resolves.toEqual(['again 2']);
  });
});

import { register } from 'prom-client';
import { scrapedGauge } from './metrics.js';

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

  it('can be made again', async () => {
    for (const value of [1, 2]) scrapedGauge('again', 'Twice', [], async (set) => set(value));
    await expect(exposed()).resolves.toEqual(['again 2']);
  });
});

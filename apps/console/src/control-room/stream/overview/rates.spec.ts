import { Rates, RATE_WINDOW_MS, SILENCE_MAX_MS } from './rates.js';

const observed = (...readings: [number, Record<string, number>][]) => {
  const rates = new Rates();
  for (const [atMs, counters] of readings) rates.observe(atMs, new Map(Object.entries(counters)));
  const perSecond = rates.perSecond();
  return perSecond && Object.fromEntries(perSecond);
};

describe('rates of counters', () => {
  it('are unknown before the second reading', () => {
    expect(observed()).toBeNull();
    expect(observed([0, { paid: 1_000 }])).toBeNull();
  });

  it('are differences per second', () => {
    expect(observed([0, { paid: 1_000 }], [2_000, { paid: 1_050 }])).toEqual({ paid: 25 });
  });

  it('count everything after a restart, and are never negative', () => {
    expect(observed([0, { paid: 1_000 }], [1_000, { paid: 30 }])).toEqual({ paid: 30 });
    expect(observed([0, { paid: 9 }], [1_000, { paid: 0 }], [2_000, { paid: 4 }])).toEqual({
      paid: 2,
    });
  });

  it('begin at 0 for a counter that its first increment created', () => {
    expect(observed([0, { paid: 1 }], [1_000, { paid: 1, declined: 3 }])).toEqual({
      paid: 0,
      declined: 3,
    });
  });

  it('survive a counter that is absent after a restart', () => {
    expect(observed([0, { paid: 5 }], [1_000, {}], [2_000, { paid: 3 }])).toEqual({ paid: 1.5 });
  });

  it('are unknown again after a time without readings', () => {
    const before: [number, Record<string, number>][] = [
      [0, { paid: 0 }],
      [1_000, { paid: 10 }],
    ];
    const later = 1_000 + SILENCE_MAX_MS;
    expect(observed(...before, [later, { paid: 400 }])).not.toBeNull();
    expect(observed(...before, [later + 1, { paid: 400 }])).toBeNull();
    expect(observed(...before, [later + 1, { paid: 400 }], [later + 1_001, { paid: 410 }])).toEqual(
      { paid: 10 },
    );
  });

  it('are a mean over the latest seconds, and forget what was before', () => {
    const burst: [number, Record<string, number>][] = [
      [0, { paid: 0 }],
      [1_000, { paid: 100 }],
    ];
    const quiet = (atMs: number): [number, Record<string, number>] => [atMs, { paid: 100 }];
    expect(observed(...burst, quiet(RATE_WINDOW_MS))).toEqual({ paid: 20 });
    expect(observed(...burst, quiet(3_000), quiet(1_000 + RATE_WINDOW_MS))).toEqual({ paid: 0 });
  });
});

import { compareReports } from './compare.js';
import type { CostReport } from './report.js';

function report(coreMs: number, idleMs: number, more: { p99?: number; wal?: number } = {}) {
  const wal = { where: 'postgres', what: 'write-ahead log', unit: 'B', perPayment: more.wal };
  const ledger = {
    cpuMs: { payments: { user: coreMs / 2, system: coreMs / 2 } },
    coreMs,
    counters: more.wal === undefined ? [] : [wal],
  };
  const latencyMs = more.p99 === undefined ? {} : { checkout: { p99: more.p99 } };
  return {
    idle: { cpuMsPerS: { payments: { user: idleMs, system: 0 } } },
    rates: [{ rate: 40, ledger, latencyMs }],
  } as unknown as CostReport;
}

const named = (figures: ReturnType<typeof compareReports>) =>
  Object.fromEntries(figures.map(({ what, ...figure }) => [what, figure]));

it('forms the ratio in each pair, and then the median, so that a slow machine does not matter', () => {
  const figures = compareReports([
    { before: report(10, 100), after: report(5, 100) },
    { before: report(40, 100), after: report(20, 110) },
    { before: report(20, 100), after: report(20, 90) },
  ]);
  const { before, after, ratio } = named(figures)['40/s, all processes, core-ms']!;
  expect({ before, after, ratio }).toEqual({
    before: 20,
    after: 20,
    ratio: { median: 0.5, min: 0.5, max: 1 },
  });
  expect(named(figures)['idle, all processes, ms/s']?.ratio.median).toBe(1);
});

it('compares latency, each process and each counter', () => {
  const before = report(10, 100, { p99: 400, wal: 2_000 });
  const figures = compareReports([{ before, after: report(10, 100, { p99: 100, wal: 1_000 }) }]);
  expect(named(figures)).toMatchObject({
    '40/s, payments, core-ms': { ratio: { median: 1 } },
    '40/s, checkout p99, ms': { before: 400, after: 100, ratio: { median: 0.25 } },
    '40/s, postgres: write-ahead log (B)': { ratio: { median: 0.5 } },
  });
});

it('leaves out what one of the runs has not measured, or what has no ratio', () => {
  const figures = compareReports([
    { before: report(10, 100, { p99: 400, wal: -3 }), after: report(10, 100, { wal: 5 }) },
  ]);
  expect(Object.keys(named(figures)).filter((what) => /p99|wal|write/.test(what))).toEqual([]);
});

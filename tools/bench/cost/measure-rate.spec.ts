import { amountsOf, measureIdleSystem, rateHolds } from './measure-rate.js';
import type { RateReport } from './report.js';

describe('a rate holds', () => {
  const held = { failed: 0, drainedAfterS: 0.3, latencyMs: { checkout: { p99: 90 } } };
  const holds = (change: object) => rateHolds({ ...held, ...change } as unknown as RateReport);

  it('if all are paid, no client waits long, and the effects keep up', () => {
    expect(holds({})).toBe(true);
  });

  it.each([
    ['one checkout failed', { failed: 1 }],
    ['the consumers fell behind', { drainedAfterS: 12 }],
    [
      'the slowest hundredth waited more than a second',
      { latencyMs: { checkout: { p99: 1_001 } } },
    ],
    ['the latency was not measured', { latencyMs: {} }],
  ])('but not if %s', (_, change) => expect(holds(change)).toBe(false));
});

it('prices bytes, never a number of requests with the same name, and no missing counter', () => {
  const counter = (where: string, what: string, unit: 'B' | 'times', perPayment: number) => ({
    where,
    what,
    unit,
    perPayment,
  });
  const counters = [
    counter('topic payment.completed', 'log', 'times', 1),
    counter('topic payment.completed', 'log', 'B', 900),
    counter('topic heartbeat.payments', 'log', 'B', 5),
    counter('postgres', 'write-ahead log', 'B', 4_000),
  ];
  const ledger = { payments: 1, seconds: 1, cpuMs: {}, coreMs: 12, counters };
  const idle = { seconds: 1, cpuMsPerS: { kafka: { user: 60, system: 40 } }, counters: [] };
  expect(amountsOf({ ledger, idle, rate: 50 })).toEqual({
    cpuMs: 12,
    idleCpuMs: 2,
    wal: 4_000,
    topic: 900,
  });
});

describe('the idle system', () => {
  /** Sources whose console finishes an audit in each of the first so many times. */
  function sources(withAudit: number) {
    let [readings, lookedAt] = [0, 0];
    return {
      read: async () => ({ atMs: (readings += 1), cpu: new Map(), counters: [] }),
      lastAudit: async () => Math.min(lookedAt++, withAudit * 2 - 1),
      readings: () => readings,
    };
  }

  it.each([
    ['once if the console does not audit meanwhile', 0, { readings: 2, hadAudit: false }],
    ['again if the console audits meanwhile', 1, { readings: 4, hadAudit: false }],
    ['three times at most, and then says so', 9, { readings: 6, hadAudit: true }],
  ])('is measured %s', async (_, withAudit, expected) => {
    const measured = sources(withAudit);
    const { hadAudit } = await measureIdleSystem(measured, 0);
    expect({ readings: measured.readings(), hadAudit }).toEqual(expected);
  });
});

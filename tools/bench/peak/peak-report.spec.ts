import { barsOf, peakTable, type PeakReport } from './peak-report.js';
import { peakPicture } from './peak-picture.js';

const second = {
  second: 0,
  offered: 1_150,
  accepted: 400,
  refused: 749,
  other: 1,
  acceptedP50Ms: 90,
  acceptedP99Ms: 180,
  refusedP99Ms: 12,
};

const cost = { cpuMsPerRecord: 1, maxMb: 150 };

const report = (changes: Partial<PeakReport> = {}): PeakReport => ({
  at: '2026-11-20T00:00:00Z',
  machine: { cores: 2, gigabytes: 24, loadAverage: 1 },
  options: { perSecond: 1_150, seconds: 1, warmUp: 1, closedSeconds: 1 },
  audit: 'ok',
  closedLoop: {
    perSecond: 500,
    p50Ms: 60,
    p90Ms: 90,
    p99Ms: 190,
    p999Ms: 250,
    paid: 500,
    failed: 0,
  },
  peak: {
    seconds: [second],
    offered: 1_150,
    refused: 749,
    accepted: Array.from({ length: 400 }, (_, n) => `p-${n}`),
    other: { '500 internal_error': 1 },
    acceptedMs: { p50: 90, p99: 180 },
    refusedMs: { p50: 3, p99: 12 },
    loadCpuMsPerS: 120,
  },
  observed: {
    health: [{ atMs: 0, tookMs: 9, ok: true }],
    reads: [{ atMs: 0, tookMs: 7, ok: false }],
    lag: [{ atMs: 500, events: 400, records: 380 }],
  },
  caughtUpAfterS: 1,
  lost: [],
  stored: 401,
  drained: {
    email: { perSecond: 300, seconds: 2, ...cost },
    loyalty: { perSecond: 3_000, seconds: 1, ...cost },
    search: { perSecond: 1_000, seconds: 1, ...cost },
  },
  ...changes,
});

const bar = (what: string) =>
  barsOf(report())
    .find(([name]) => name.includes(what))
    ?.slice(1);

describe('the report of a peak', () => {
  it('compares what was accepted with the closed loop', () => {
    expect(bar('of the closed loop')).toEqual([0.8, { atLeast: 0.8 }]);
  });

  it('counts each failed answer, lost payment and failed read', () => {
    expect(bar('neither')).toEqual([1, { atMost: 0 }]);
    expect(bar('were not accepted')).toEqual([1, { atMost: 0 }]);
    expect(bar('reads without')).toEqual([1, { atMost: 0 }]);
    expect(bar('health probes')).toEqual([0, { atMost: 0 }]);
  });

  it('has a row with how far the connector was behind', () => {
    expect(peakTable(report())).toMatch(/0–1 .* 1150 .* 400 .* 749 .* 1 .* 90 .* 180 .* 12 .* 20/);
  });

  it('draws three charts into one picture', () => {
    const picture = peakPicture(report());
    expect(picture.match(/<svg /g)).toHaveLength(4);
    const heights = [...picture.matchAll(/<svg (?:y="\d+" )?xmlns[^>]*height="(\d+)"/g)];
    const [whole, ...charts] = heights.map(([, height]) => Number(height));
    expect(charts.reduce((sum, height) => sum + height, 0)).toBe(whole);
  });
});

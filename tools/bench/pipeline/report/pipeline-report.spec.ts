import { EFFECTS } from '../audit/count-effects.js';
import type { TurnResult } from '../run/turn.js';
import { pipelinePicture } from './pipeline-picture.js';
import { oursIsClean, ratioToRaw, summarize } from './pipeline-report.js';
import { duration, lossTable, speedTable } from './pipeline-tables.js';

const none = { lost: 0, doubled: 0 };
const clean: TurnResult['audit'] = {
  payments: 100,
  acceptedAndLost: 0,
  chargedTwice: 0,
  mails: none,
  points: none,
  documents: none,
  wrongBalances: 0,
};
const latency = { p50: 10, p99: 1_500 };

const turn = (
  contestant: TurnResult['contestant'],
  drainedPerS: number,
  changes: Partial<TurnResult> = {},
): TurnResult => ({
  contestant,
  accepted: 100,
  failed: 0,
  acceptedPerS: drainedPerS,
  drainedPerS,
  drain: 'drained',
  coreMs: 7,
  cpuMs: {},
  latencyMs: { mails: latency, points: latency, documents: latency, all: latency },
  audit: clean,
  republished: 0,
  ...(contestant === 'ours' ? { ourAudit: 'ok' } : {}),
  ...changes,
});

it('compares ours with the raw chain of the same round', () => {
  const turns = [turn('raw', 200), turn('ours', 100), turn('raw', 100), turn('ours', 80)];
  expect(ratioToRaw(turns)).toEqual({ median: 0.65, min: 0.5, max: 0.8 });
});

it('has no ratio where a contestant did not run', () => {
  expect(ratioToRaw([turn('ours', 100), turn('tutorial', 50)])).toBeUndefined();
});

it('has the medians of each contestant that ran', () => {
  const summaries = summarize([turn('ours', 100), turn('ours', 300), turn('tutorial', 50)]);
  expect(summaries.ours?.drainedPerS).toEqual({ median: 200, min: 100, max: 300 });
  expect(Object.keys(summaries)).toEqual(['ours', 'tutorial']);
});

describe('ours is not clean', () => {
  const withAudit = (changes: Partial<TurnResult['audit']>) =>
    turn('ours', 100, { audit: { ...clean, ...changes } });

  it.each(EFFECTS)('if %s are lost, also by a kill', (effect) => {
    const lost = withAudit({ [effect]: { lost: 1, doubled: 0 } });
    expect(oursIsClean({ turns: [lost], kills: [] })).toBe(false);
    expect(oursIsClean({ turns: [], kills: [lost] })).toBe(false);
  });

  it('if a mail is doubled without a kill; with one, it declares that', () => {
    const doubled = withAudit({ mails: { lost: 0, doubled: 1 } });
    expect(oursIsClean({ turns: [doubled], kills: [] })).toBe(false);
    expect(oursIsClean({ turns: [], kills: [doubled] })).toBe(true);
  });

  it.each([
    ['points are doubled', withAudit({ points: { lost: 0, doubled: 1 } })],
    ['a payment is charged twice', withAudit({ chargedTwice: 1 })],
    ['a balance is wrong', withAudit({ wrongBalances: 1 })],
    ['its own audit is not ok', turn('ours', 100, { ourAudit: 'violated' })],
    ['it does not drain', turn('ours', 100, { drain: 'stuck' })],
  ])('if %s, also by a kill', (_, result) => {
    expect(oursIsClean({ turns: [result], kills: [] })).toBe(false);
    expect(oursIsClean({ turns: [], kills: [result] })).toBe(false);
  });
});

it('takes what the others lose as a result, not as a failure', () => {
  const raw = turn('raw', 100, { audit: { ...clean, mails: { lost: 3, doubled: 9 } } });
  expect(oursIsClean({ turns: [raw, turn('ours', 90)], kills: [raw] })).toBe(true);
});

it('shows rates, latencies and losses of all that ran', () => {
  const turns = [turn('raw', 200), turn('ours', 100)];
  const speed = speedTable(summarize(turns));
  for (const words of ['raw chain', 'ours', '200', '100', '10 ms / 1.5 s'])
    expect(speed).toContain(words);
  expect(speed).not.toContain('tutorials');
  const raw = turn('raw', 100, { audit: { ...clean, mails: { lost: 0, doubled: 77 } } });
  expect(lossTable('kill -9', [raw])).toMatch(/receipts doubled .* 77 /);
});

it.each([
  [4.4, '4 ms'],
  [12_540, '12.5 s'],
  [NaN, '–'],
])('writes %p ms as %s', (ms, shown) => {
  expect(duration(ms)).toBe(shown);
});

it('draws what was measured, and the kills only if there were any', () => {
  const report = {
    version: 1 as const,
    at: '',
    machine: { cores: 2, gigabytes: 24, loadAverage: 0 },
    load: { clients: 32, seconds: 20, rounds: 1 },
    turns: [turn('raw', 200), turn('ours', 100)],
    kills: [],
  };
  expect(pipelinePicture(report)).toContain('more is better');
  expect(pipelinePicture(report)).not.toContain('kill -9');
  expect(pipelinePicture({ ...report, kills: report.turns })).toContain('0 doubled, 0 lost');
});

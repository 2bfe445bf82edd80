import type { LabReceipt } from '../lab.js';
import { labReport, labSummary, markdownTable } from './report.js';

const receipt: LabReceipt = {
  lab: 'example',
  claim: 'One is more than zero.',
  failureWindow: 'between zero and one',
  doesNotShow: ['That two is more than one.'],
  at: '2026-11-30T04:00:00.000Z',
  seconds: 12.5,
  machine: { cores: 2, gigabytes: 24, loadAverage: 0.5 },
  seed: 42,
  version: 'small',
  table: { head: ['what', 'value'], rows: [['one', '1']] },
  figures: { one: 1 },
  claims: [
    { claim: 'one', value: 1, atLeast: 1, holds: true },
    { claim: 'zero', value: 1, atMost: 0, holds: false },
  ],
};

it('prints the seed, each claim with its bound and verdict, and ends with what it does not show', () => {
  const report = labReport(receipt);
  expect(report).toContain('seed 42');
  expect(report).toContain('holds  one: 1 (at least 1)');
  expect(report).toContain('FAILS  zero: 1 (at most 0)');
  expect(report).toMatch(/what this does not show:\n {2}- That two is more than one\.$/);
});

it('writes a summary page with a picture and a table for each lab', () => {
  const page = labSummary([receipt, { ...receipt, lab: 'other' }]);
  expect(page).toContain('![example](example/picture.svg)');
  expect(page).toContain('![other](other/picture.svg)');
  expect(page).toContain('| one | 1 |');
});

it('writes a Markdown table', () => {
  expect(markdownTable({ head: ['a', 'b'], rows: [['1', '2']] })).toBe(
    '| a | b |\n|---|---|\n| 1 | 2 |',
  );
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newReport, readReport } from './report.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'report-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const written = (content: unknown) => {
  const file = join(folder, 'report.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
};

it('reads what --json has printed', () => {
  const report = newReport({
    at: '2026-11-29T15:00:00.000Z',
    machine: { cores: 2, gigabytes: 24, loadAverage: 0.5 },
    idle: { seconds: 20, cpuMsPerS: {}, counters: [], hadAudit: false },
    currency: 'EUR',
  });
  expect(readReport(written({ ...report, audit: 'ok' }))).toEqual({ ...report, audit: 'ok' });
});

it.each([
  ['another version', { version: 2, rates: [] }],
  ['the output of another command', { machine: {}, pageBytes: {} }],
])('refuses %s, and names the file', (_, content) => {
  expect(() => readReport(written(content))).toThrow(/report\.json is no output of npm run -s/);
});

it('refuses the empty file of a run that failed, and names it', () => {
  const file = join(folder, 'report.json');
  writeFileSync(file, '');
  expect(() => readReport(file)).toThrow(/report\.json is no output of npm run -s/);
});

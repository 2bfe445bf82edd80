import { stripVTControlCharacters } from 'node:util';
import * as tables from './cost-tables.js';
import type { Counter } from './ledger.js';
import type { RateReport } from './report.js';

const counter = (where: string, what: string, unit: Counter['unit'], perPayment: number) => ({
  where,
  what,
  unit,
  perPayment,
});
const rateReport = (rate: number, factor: number): RateReport => ({
  rate,
  paid: 100,
  failed: 1,
  drainedAfterS: 0.24,
  hadAudit: rate === 40,
  ledger: {
    payments: 100,
    seconds: 10,
    cpuMs: {
      connect: { user: -0.1 * factor, system: 0.05 * factor },
      payments: { user: 2 * factor, system: factor },
    },
    coreMs: 2.95 * factor,
    counters: [
      counter('email → redis', 'sent', 'times', 2),
      counter('email → redis', 'sent', 'B', 120),
      counter('email → redis', 'received', 'times', 2),
      counter('prometheus → email', 'sent', 'times', 0.01),
      counter('postgres', 'write-ahead log', 'B', 4_321),
    ],
  },
  latencyMs: { checkout: { p50: 10, p90: 20, p99: 99.6 } },
  loadGeneratorMs: 1.5,
  costPerMillion: [{ what: 'wal', amount: 4.321, unit: 'GB written', cost: 0.25 }],
});
const report = {
  currency: 'EUR',
  idle: {
    seconds: 10,
    hadAudit: false,
    cpuMsPerS: { connect: { user: 80, system: 20 }, payments: { user: 10, system: 10 } },
    counters: [{ where: 'email → redis', what: 'sent', unit: 'times' as const, perS: 0.5 }],
  },
  rates: [rateReport(40, 2), rateReport(115, 1)],
};

/** The cells of a row that begins with this name. */
function row(table: string, name: string): string[] | undefined {
  const lines = stripVTControlCharacters(table).split('\n');
  const cells = lines.map((line) => line.split('│').map((cell) => cell.trim()));
  return cells.find(([, first]) => first === name)?.slice(2, -1);
}

it('shows each process at each rate and idle, and what was not measured as absent', () => {
  const table = tables.processTable(report);
  expect(row(table, 'payments')).toEqual(['6.00 (4.00 + 2.00)', '3.00 (2.00 + 1.00)', '20.0', '–']);
  expect(row(table, 'connect')?.[1]).toBe('-0.05 (-0.10 + 0.05)');
  expect(row(table, 'all processes')).toEqual(['5.90', '2.95', '120.0', '–']);
  expect(row(table, 'audits of the console meanwhile')).toEqual(['yes', 'no', 'no', '']);
  expect(table.indexOf('payments')).toBeLessThan(table.indexOf('connect'));
});

it('shows the connections of a payment, and leaves out those that carry none of it', () => {
  const table = tables.connectionTable(report);
  const cells = ['2.00 / 2.00', '120 / –'];
  expect(row(table, 'email → redis')).toEqual([...cells, ...cells, '0.5']);
  expect(table).not.toContain('prometheus');
});

it('says that connections were not measured where the kernel does not count them', () => {
  expect(tables.connectionTable({ ...report, rates: [] })).toBe('connections: not measured');
});

it('shows the stores, the latency and the cost', () => {
  expect(row(tables.storeTable(report), 'postgres: write-ahead log, B')).toEqual([
    '4321',
    '4321',
    '–',
  ]);
  expect(row(tables.latencyTable(report), 'checkout')?.[0]).toBe('10 / 20 / 100');
  expect(row(tables.latencyTable(report), 'paid / not paid')?.[0]).toBe('100 / 1');
  expect(row(tables.costTable(report), 'wal')?.[0]).toBe('0.250 (4.32 GB written)');
  expect(row(tables.costTable(report), 'all of the above')?.[1]).toBe('0.250');
});

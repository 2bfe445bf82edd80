import { readFileSync } from 'node:fs';
import { secondsUsed } from '../cpu/cpu-times.js';
import { keyOf, sumOfCpu, type IdleLedger, type PaymentLedger } from './ledger.js';
import type { CostLine } from './price-model.js';
import type { Machine } from '../statistics/this-machine.js';

const VERSION = 1;

export interface Percentiles {
  p50: number;
  p90: number;
  p99: number;
}

/** One steady rate. */
export interface RateReport {
  /** Payments per second that were offered: an open loop. */
  rate: number;
  paid: number;
  failed: number;
  /** From the last answer until every consumer had committed every record. */
  drainedAfterS: number;
  /** Whether the console finished its regular audit meanwhile, which is in the figures. */
  hadAudit: boolean;
  /** Of all documents, not only of this rate. Absent without documents. */
  indexBytesPerDocument?: number;
  ledger: PaymentLedger;
  /** Of the checkout, and of each effect from the commit. Absent where there is no observation. */
  latencyMs: Record<string, Percentiles>;
  /** CPU of the load generator, in no sum. */
  loadGeneratorMs: number;
  costPerMillion: CostLine[];
}

/** What `npm run bench:cost -- --json` prints. */
export interface CostReport {
  version: typeof VERSION;
  at: string;
  machine: Machine;
  idle: IdleLedger & { hadAudit: boolean };
  /** At rest. Absent where it cannot be read. */
  memoryMb?: Record<string, number>;
  rates: RateReport[];
  /** The highest rate that holds, where it was searched. */
  highest?: number;
  currency: string;
  audit: string;
}

export const newReport = (
  facts: Omit<CostReport, 'version' | 'rates' | 'audit'>,
): Omit<CostReport, 'audit'> => ({ version: VERSION, ...facts, rates: [] });

/** @throws Error that names the file, if it is no report of this version. */
export function readReport(file: string): CostReport {
  const report = jsonIn(readFileSync(file, 'utf8')) as CostReport | undefined;
  if (report?.version !== VERSION || !Array.isArray(report.rates))
    throw new Error(`${file} is no output of npm run -s bench:cost -- --json`);
  return report;
}

/** @returns undefined if it is no JSON: a run that failed has printed nothing. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every figure of a report by its name, so that two reports can be compared. */
export function figuresOf(report: CostReport): Map<string, number> {
  const figures = new Map([['idle, all processes, ms/s', sumOfCpu(report.idle.cpuMsPerS)]]);
  for (const { rate, ledger, latencyMs } of report.rates) {
    const at = `${rate}/s`;
    figures.set(`${at}, all processes, core-ms`, ledger.coreMs);
    for (const [name, used] of Object.entries(ledger.cpuMs))
      figures.set(`${at}, ${name}, core-ms`, secondsUsed(used));
    for (const [what, percentiles] of Object.entries(latencyMs)) {
      for (const [percentile, ms] of Object.entries(percentiles))
        figures.set(`${at}, ${what} ${percentile}, ms`, ms as number);
    }
    for (const counter of ledger.counters)
      figures.set(`${at}, ${keyOf(counter)}`, counter.perPayment);
  }
  return figures;
}

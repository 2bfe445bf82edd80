import { median, spread, type Spread } from '../statistics/spread.js';
import { figuresOf, type CostReport } from './report.js';

/** Two runs that belong together: one right after the other. */
export interface ReportPair {
  before: CostReport;
  after: CostReport;
}

export interface ComparedFigure {
  what: string;
  /** Medians. */
  before: number;
  after: number;
  /** Of each pair: after divided by before. */
  ratio: Spread;
}

/**
 * Compares each figure that every run has. A machine that becomes slower meanwhile does so for both
 * runs of a pair, so the ratio is formed in each pair, and then its median.
 *
 * A figure that is not positive in every run has no ratio, and is left out.
 */
export function compareReports(pairs: readonly ReportPair[]): ComparedFigure[] {
  const read = pairs.map(({ before, after }) => ({
    before: figuresOf(before),
    after: figuresOf(after),
  }));
  const names = [...(read[0]?.before.keys() ?? [])];
  return names.flatMap((what) => {
    const befores = read.map(({ before }) => before.get(what) ?? NaN);
    const afters = read.map(({ after }) => after.get(what) ?? NaN);
    if (![...befores, ...afters].every((value) => value > 0)) return [];
    const ratio = spread(afters.map((value, n) => value / befores[n]!));
    return [{ what, before: median(befores), after: median(afters), ratio }];
  });
}

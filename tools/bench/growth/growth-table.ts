import Table from 'cli-table3';
import type { GrowthAxis, GrowthRow } from './growth.js';

/**
 * The exponent of the power law through the smallest and the largest size: 0 is flat, 1 is linear.
 * NaN if there are no two sizes above 0, or a figure is not positive.
 */
export function exponentOf(rows: readonly GrowthRow[], figure: string): number {
  const sized = rows.filter(({ size }) => size > 0);
  const [first, last] = [sized[0], sized.at(-1)];
  if (!first || !last || first.size === last.size) return NaN;
  const growth = (last.figures[figure] ?? NaN) / (first.figures[figure] ?? NaN);
  return Math.log(growth) / Math.log(last.size / first.size);
}

/** One row for each size, and the exponents. */
export function growthTable({ of, rows }: GrowthAxis): string {
  const figures = Object.keys(rows[0]?.figures ?? {});
  const table = new Table({ head: [of, ...figures], style: { head: [], border: [] } });
  for (const row of rows) {
    table.push([
      row.size.toLocaleString('en'),
      ...figures.map((figure) => shown(row.figures[figure] ?? NaN)),
    ]);
  }
  table.push(['grows with', ...figures.map((figure) => power(exponentOf(rows, figure)))]);
  return table.toString();
}

function shown(value: number): string {
  if (Number.isNaN(value)) return '';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : 2);
}

function power(exponent: number): string {
  if (!Number.isFinite(exponent)) return '';
  return `n^${exponent.toFixed(2)}`;
}

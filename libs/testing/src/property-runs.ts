/**
 * How many random runs a property test makes: `all` in `npm test`, a quarter in `npm run check`,
 * which must stay under a minute.
 */
export function propertyRuns(all: number): number {
  return Math.ceil(all * Number(process.env['PROPERTY_RUNS_SHARE'] ?? 1));
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * A batch job whose bounds are parameters gives the same result when it runs again, tomorrow or for
 * a day of last year. One that reads the clock does not.
 */
const CLOCK =
  /\bnow\(\)|current_(date|time|timestamp)|localtime|clock_timestamp|Date\.now|new Date\(\)/i;

const sources = readdirSync(import.meta.dirname).filter(
  (name) => name.endsWith('.ts') && !/\.(spec|fixture)\.ts$/.test(name),
);

it('no statement and no function of the job reads the clock', () => {
  expect(sources).toContain('write-patterns.ts');
  const readers = sources.filter((name) =>
    CLOCK.test(readFileSync(join(import.meta.dirname, name), 'utf8')),
  );
  expect(readers).toEqual([]);
});

it.each([
  'WHERE day = current_date',
  "WHERE at > now() - interval '1 day'",
  'const day = new Date();',
])('finds a clock in %s, or the check above is blind', (line) => {
  expect(line).toMatch(CLOCK);
});

import { exponentOf, growthTable } from './growth-table.js';

const rows = (...values: [size: number, value: number][]) =>
  values.map(([size, value]) => ({ size, figures: { ms: value } }));

it.each([
  ['flat', rows([10, 5], [1_000, 5]), 0],
  ['linear', rows([10, 5], [1_000, 500]), 1],
  ['quadratic', rows([10, 5], [100, 500]), 2],
  ['a rate that halves when the size is four times as large', rows([1, 8], [4, 4]), -0.5],
])('the exponent of growth that is %s', (_, measured, exponent) => {
  expect(exponentOf(measured, 'ms')).toBeCloseTo(exponent);
});

it('an empty store has no part in the exponent, because it has no logarithm', () => {
  expect(exponentOf(rows([0, 1], [10, 5], [100, 5]), 'ms')).toBeCloseTo(0);
});

it('one size has no exponent', () => {
  expect(exponentOf(rows([0, 1], [10, 5]), 'ms')).toBeNaN();
});

it('the table has a row for each size, and the exponents', () => {
  const axis = { name: 'users', of: 'users', rows: rows([10, 2], [1_000, 200]), faults: [] };
  const lines = growthTable(axis).split('\n');
  expect(lines.find((line) => line.includes('1,000'))).toContain('200');
  expect(lines.find((line) => line.includes('grows with'))).toContain('n^1.00');
});

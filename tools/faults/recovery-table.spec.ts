import { recoveryTable } from './recovery-table.js';

it('shows the median and the worst recovery of each fault, the slowest last', () => {
  const table = recoveryTable([
    {
      title: 'slot moved',
      repairedByOperator: true,
      recoveredMs: [20_000, 31_000, 30_000],
      republished: [400, 900, 0],
    },
    {
      title: 'kill -9 connect',
      repairedByOperator: false,
      recoveredMs: [9_940],
      republished: [12],
    },
  ]);
  expect(table.split('\n')).toEqual([
    '| fault | rounds | recovered after, median | worst | records published again, at most |',
    '|---|---|---|---|---|',
    '| kill -9 connect | 1 | 9.9 s | 9.9 s | 12 |',
    '| slot moved (repaired by the operator) | 3 | 30.0 s | 31.0 s | 900 |',
  ]);
});

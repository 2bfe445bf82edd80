import { stacksForThisMachine } from './side-by-side.js';

const GB = 1024 ** 3;

it.each([
  ['a large machine', 64, 16, 2],
  ['the CI machine', 24, 2, 2],
  ['a laptop with 16 GB', 16, 8, 2],
  ['a laptop with 8 GB', 8, 8, 1],
  ['a machine with little memory', 2, 2, 1],
  ['a single core', 64, 1, 1],
])('%s: %i GB and %i cores run %i stacks', (_machine, gigabytes, cores, stacks) => {
  expect(stacksForThisMachine(gigabytes * GB, cores)).toBe(stacks);
});

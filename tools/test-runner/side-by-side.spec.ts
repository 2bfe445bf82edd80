import { stacksThisMachineCarries } from './side-by-side.js';

const GB = 1024 ** 3;

it.each([
  ['a large machine', 64, 16, 2],
  ['what CI has', 24, 2, 2],
  ['a laptop with 16 GB', 16, 8, 2],
  ['a laptop with 8 GB', 8, 8, 1],
  ['one with little memory', 2, 2, 1],
  ['a single core', 64, 1, 1],
])('%s: %i GB, %i cores carry %i', (_machine, gigabytes, cores, stacks) => {
  expect(stacksThisMachineCarries(gigabytes * GB, cores)).toBe(stacks);
});

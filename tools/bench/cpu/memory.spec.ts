import { existsSync } from 'node:fs';
import { memoryMb } from './memory.js';

it('sees the memory of this process where the operating system tells it', () => {
  const memory = memoryMb([{ name: 'self', pid: process.pid }]);
  if (!existsSync('/proc/self/smaps_rollup')) return expect(memory).toBeUndefined();
  expect(memory?.['self']).toBeGreaterThan(10);
});

it('has no figures at all if one service cannot be seen: a sum without it would be wrong', () => {
  const services = [
    { name: 'self', pid: process.pid },
    { name: 'kafka', pid: null },
  ];
  expect(memoryMb(services)).toBeUndefined();
});

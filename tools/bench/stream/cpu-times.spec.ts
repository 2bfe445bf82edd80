import { spawnSync } from 'node:child_process';
import type { Service } from '../../stack/mode.js';
import { fromStat, readCpuTimes, secondsOf, timesOf, totalOf, usedBetween } from './cpu-times.js';

it('reads a process of Linux, whatever its name, with its children that have ended', () => {
  const name = 'a) b (c';
  const stat = `77 (${name}) S 7 77 77 0 -1 0 0 0 0 0 150 50 20 30 20 0 9 0 12345`;
  expect(fromStat(stat)).toEqual({ parent: 7, seconds: 2.5 });
});

it('reads the time of a process as ps prints it', () => {
  const times = ['0:00.07', '12:34.50', '01:02:03', '2-01:02:03'];
  expect(times.map(secondsOf)).toEqual([0.07, 754.5, 3_723, 176_523]);
});

it('counts the children of a service, and no other process', () => {
  const table = new Map([
    [1, { parent: 0, seconds: 100 }],
    [10, { parent: 1, seconds: 1 }],
    [11, { parent: 10, seconds: 2 }],
    [12, { parent: 11, seconds: 4 }],
    [20, { parent: 1, seconds: 8 }],
  ]);
  const services = [
    { name: 'postgres', pid: 10 },
    { name: 'console', pid: 20 },
  ];
  const times = timesOf(services, table);
  expect([...times]).toEqual([
    ['postgres', 7],
    ['console', 8],
  ]);
  expect(totalOf(usedBetween(new Map([['console', 5]]), times))).toBe(10);
  expect(() => timesOf([{ name: 'console', pid: 21 }], table)).toThrow('console was restarted');
});

it('sees what this process uses, on this machine', async () => {
  const self = [{ name: 'self', kind: 'app', pid: process.pid } as Service];
  const before = await readCpuTimes(self);
  const busy = 'const until = Date.now() + 300; while (Date.now() < until);';
  spawnSync(process.execPath, ['-e', busy]);
  const used = usedBetween(before, await readCpuTimes(self));
  expect(totalOf(used)).toBeGreaterThan(0.02);
});

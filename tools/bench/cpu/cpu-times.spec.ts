import { spawnSync } from 'node:child_process';
import type { Service } from '../../stack/mode.js';
import { fromStat, readCpuTimes, secondsOf, timesOf, totalOf, usedBetween } from './cpu-times.js';

it('reads a process of Linux, whatever its name, with its children that have ended', () => {
  const name = 'a) b (c';
  const stat = `77 (${name}) S 7 77 77 0 -1 0 0 0 0 0 150 50 20 30 20 0 9 0 12345`;
  expect(fromStat(stat)).toEqual({ parent: 7, user: 1.7, system: 0.8 });
});

it('reads the time of a process as ps prints it', () => {
  const times = ['0:00.07', '12:34.50', '01:02:03', '2-01:02:03'];
  expect(times.map(secondsOf)).toEqual([0.07, 754.5, 3_723, 176_523]);
});

it('counts the children of a service, and no other process', () => {
  const table = new Map([
    [1, { parent: 0, user: 100, system: 0 }],
    [10, { parent: 1, user: 1, system: 0 }],
    [11, { parent: 10, user: 2, system: 0 }],
    [12, { parent: 11, user: 4, system: 0 }],
    [20, { parent: 1, user: 8, system: 0 }],
  ]);
  const services = [
    { name: 'postgres', pid: 10 },
    { name: 'console', pid: 20 },
  ];
  const times = timesOf(services, table);
  expect([...times]).toEqual([
    ['postgres', { user: 7, system: 0 }],
    ['console', { user: 8, system: 0 }],
  ]);
  expect(totalOf(usedBetween(new Map([['console', { user: 5, system: 0 }]]), times))).toBe(10);
  expect(() => timesOf([{ name: 'console', pid: 21 }], table)).toThrow('console was restarted');
});

it('counts a service that is the child of another one once: the supervisor starts them all', () => {
  const table = new Map([
    [1, { parent: 0, user: 1, system: 2 }],
    [10, { parent: 1, user: 4, system: 8 }],
    [11, { parent: 1, user: 16, system: 32 }],
  ]);
  const services = [
    { name: 'supervisor', pid: 1 },
    { name: 'console', pid: 10 },
  ];
  expect([...timesOf(services, table)]).toEqual([
    ['supervisor', { user: 17, system: 34 }],
    ['console', { user: 4, system: 8 }],
  ]);
});

it('sees what this process uses, on this machine', async () => {
  const self = [{ name: 'self', kind: 'app', pid: process.pid } as Service];
  const before = await readCpuTimes(self);
  const busy = 'const until = Date.now() + 300; while (Date.now() < until);';
  spawnSync(process.execPath, ['-e', busy]);
  const used = usedBetween(before, await readCpuTimes(self));
  expect(totalOf(used)).toBeGreaterThan(0.02);
});

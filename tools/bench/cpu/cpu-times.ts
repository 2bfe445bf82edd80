import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readSamples } from '@effectively-once/testing/metrics';
import type { Service } from '../../stack/mode.js';

/** Seconds of CPU: in the program itself, and in the kernel on its behalf. */
export interface CpuSeconds {
  user: number;
  system: number;
}

/** What each service of the stack has used since it began, by its name. */
export type CpuTimes = ReadonlyMap<string, CpuSeconds>;

interface ProcessTimes extends CpuSeconds {
  parent: number;
}

/** Linux counts in ticks of 1/100 s on every architecture that Node runs on: sysconf(3). */
const TICKS_PER_S = 100;

/**
 * Every process of every service with its children, from the operating system. Where containers run
 * in a virtual machine, their processes cannot be seen; then only the apps, from their metrics.
 *
 * @throws Error if a service has been restarted since `services` were listed: it begins at 0.
 */
export async function readCpuTimes(
  services: readonly Pick<Service, 'name' | 'kind' | 'url' | 'pid'>[],
): Promise<CpuTimes> {
  if (services.every(({ pid }) => pid !== null)) return timesOf(services, processTable());
  const apps = services.filter(({ kind }) => kind === 'app');
  return new Map(
    await Promise.all(
      apps.map(async ({ name, url }) => {
        const [user] = await readSamples(url, 'process_cpu_user_seconds_total');
        const [system] = await readSamples(url, 'process_cpu_system_seconds_total');
        return [name, { user: user?.value ?? NaN, system: system?.value ?? NaN }] as const;
      }),
    ),
  );
}

/**
 * Adds up each service's process and its children, such as the backends of PostgreSQL. A child that
 * is a service itself counts only as that: every service is a child of the supervisor.
 */
export function timesOf(
  services: readonly Pick<Service, 'name' | 'pid'>[],
  table: ReadonlyMap<number, ProcessTimes>,
): CpuTimes {
  return new Map(
    [...pidsOf(services, table)].map(([name, pids]) => [
      name,
      pids.map((pid) => table.get(pid) ?? NONE).reduce(plus, NONE),
    ]),
  );
}

/**
 * The process of each service, and its children.
 * @throws Error if a service has been restarted since `services` were listed.
 */
export function pidsOf(
  services: readonly Pick<Service, 'name' | 'pid'>[],
  table: ReadonlyMap<number, { parent: number }> = processTable(),
): Map<string, number[]> {
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of table)
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  const roots = new Set(services.map(({ pid }) => pid));
  const tree = (pid: number): number[] => {
    const below = (children.get(pid) ?? []).filter((child) => !roots.has(child));
    return [pid, ...below.flatMap(tree)];
  };
  return new Map(
    services.map(({ name, pid }) => {
      if (pid === null || !table.has(pid)) throw new Error(`${name} was restarted meanwhile`);
      return [name, tree(pid)];
    }),
  );
}

const NONE: CpuSeconds = { user: 0, system: 0 };

const plus = (one: CpuSeconds, other: CpuSeconds): CpuSeconds => ({
  user: one.user + other.user,
  system: one.system + other.system,
});

/** What each service used between two readings. */
export function usedBetween(before: CpuTimes, after: CpuTimes): CpuTimes {
  return new Map(
    [...after].map(([name, { user, system }]) => {
      const earlier = before.get(name) ?? NONE;
      return [name, { user: user - earlier.user, system: system - earlier.system }];
    }),
  );
}

/** User and system together; NaN for a service that was not read. */
export const secondsUsed = (used: CpuSeconds | undefined): number =>
  used === undefined ? NaN : used.user + used.system;

/** Of all services, in seconds. */
export const totalOf = (times: CpuTimes): number =>
  secondsUsed([...times.values()].reduce(plus, NONE));

function processTable(): Map<number, ProcessTimes> {
  return existsSync('/proc/self/stat') ? tableFromProc() : tableFromPs();
}

function tableFromProc(): Map<number, ProcessTimes> {
  const table = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      table.set(Number(name), fromStat(readFileSync(`/proc/${name}/stat`, 'utf8')));
    } catch (error) {
      // The process has ended since its folder was listed.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return table;
}

/**
 * One `/proc/<pid>/stat`, proc_pid_stat(5). Children that have ended are in the time of their
 * parent, so a PostgreSQL backend that ends between two readings is not lost.
 */
export function fromStat(stat: string): ProcessTimes {
  // The second field is the program name in brackets. It can contain blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [parent, utime, stime, cutime, cstime] = [1, 11, 12, 13, 14].map((n) => Number(fields[n]));
  return {
    parent: parent!,
    user: (utime! + cutime!) / TICKS_PER_S,
    system: (stime! + cstime!) / TICKS_PER_S,
  };
}

/** macOS, whose `ps` shows hundredths of a second. Children that have ended are lost there. */
function tableFromPs(): Map<number, ProcessTimes> {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,time=,utime='], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  }).split('\n');
  return new Map(
    lines
      .map((line) => line.trim().split(/\s+/))
      .filter(([pid]) => pid !== '')
      .map(([pid, parent, both = '', user = '']) => [
        Number(pid),
        {
          parent: Number(parent),
          user: secondsOf(user),
          system: secondsOf(both) - secondsOf(user),
        },
      ]),
  );
}

/** `[[dd-]hh:]mm:ss[.hundredths]`, as `ps` prints the time of a process. */
export function secondsOf(time: string): number {
  const [, days = '0', clock = ''] = /^(?:(\d+)-)?([\d:.]+)$/.exec(time) ?? [];
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}

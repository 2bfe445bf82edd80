import { readFileSync } from 'node:fs';
import type { Service } from '../../stack/mode.js';
import { pidsOf } from './cpu-times.js';

const KB_PER_MB = 1_024;

/**
 * The memory of each service with its children, in MB. Pages that several processes share count in
 * parts (proportional set size), so that the sum is what the machine needs.
 *
 * @returns undefined where it cannot be read: not on Linux, in containers, of another account.
 * @see https://docs.kernel.org/filesystems/proc.html (smaps_rollup)
 */
export function memoryMb(
  services: readonly Pick<Service, 'name' | 'pid'>[],
): Record<string, number> | undefined {
  if (services.some(({ pid }) => pid === null)) return undefined;
  try {
    return Object.fromEntries(
      [...pidsOf(services)].map(([name, pids]) => [
        name,
        pids.reduce((sum, pid) => sum + proportionalKb(pid), 0) / KB_PER_MB,
      ]),
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code))
      return undefined;
    throw error;
  }
}

function proportionalKb(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? NaN);
}

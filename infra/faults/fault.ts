import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessRecord } from '../native/state.js';

// Longer than the consumers' session timeout (10 s): the group goes on without the frozen member,
// which wakes up believing it still has its partitions.
const FROZEN_MS = 14_000;

const APPS = ['payments', 'email', 'loyalty', 'search', 'third-parties'] as const;
const SERVERS = ['postgres', 'kafka', 'connect', 'redis', 'elasticsearch'] as const;

/** One thing that goes wrong with one process. */
export interface Fault {
  kind: 'kill -9' | 'freeze';
  process: string;
}

export const FAULTS: readonly Fault[] = [
  ...[...APPS, ...SERVERS].map((process) => ({ kind: 'kill -9' as const, process })),
  ...APPS.map((process) => ({ kind: 'freeze' as const, process })),
];

/**
 * Makes it go wrong, and resolves when the process runs again or its supervisor has been left to see to it.
 * @throws Error when there is no such process to do it to.
 */
export async function strike(fault: Fault, processes: ProcessRecord[]): Promise<void> {
  const pid = processes.find(({ name }) => name === fault.process)?.run?.pid;
  if (pid === undefined) throw new Error(`${fault.process} is not running`);
  switch (fault.kind) {
    case 'kill -9':
      // PostgreSQL's children see their parent die and end by themselves, as after a power cut.
      process.kill(pid, 'SIGKILL');
      return;
    case 'freeze':
      process.kill(pid, 'SIGSTOP');
      await sleep(FROZEN_MS);
      process.kill(pid, 'SIGCONT');
      return;
    default:
      fault.kind satisfies never;
  }
}

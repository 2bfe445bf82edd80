import { setTimeout as delay } from 'node:timers/promises';
import { signalLeader } from '../processes/process-group.js';
import type { StackFolder } from '../stack-folder.js';
import { isAlive, readState, type SupervisorState } from './state.js';

const STOP_WITHIN_MS = 90_000;
const POLL_MS = 100;

/**
 * Asks the supervisor to stop everything, waits for it, and prints each process that has stopped.
 */
export async function stopSupervisor(
  folder: StackFolder,
  supervisor: SupervisorState['supervisor'],
  print: (line: string) => void,
): Promise<void> {
  const startedAt = Date.now();
  const running = new Set(readState(folder.stateFile)?.processes.map(({ name }) => name));
  signalLeader(supervisor.pid, 'SIGTERM');
  const printStopped = () => {
    const left = readState(folder.stateFile)?.processes ?? [];
    for (const name of running) {
      if (left.some((record) => record.name === name && record.run)) continue;
      running.delete(name);
      print(`  ■ ${name.padEnd(14)} ${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`);
    }
  };
  while (isAlive(supervisor)) {
    printStopped();
    if (Date.now() - startedAt > STOP_WITHIN_MS) {
      print('  the supervisor does not stop; killing it');
      signalLeader(supervisor.pid, 'SIGKILL');
    }
    await delay(POLL_MS);
  }
  printStopped();
}

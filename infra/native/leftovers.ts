import { setTimeout as delay } from 'node:timers/promises';
import { signalGroup, signalLeader } from './process-group.js';
import type { StackFolder } from './stack-folder.js';
import { isAlive, readState, removeState, type ProcessRecord } from './state.js';

const STOP_WITHIN_MS = 20_000;
const POLL_MS = 100;

/**
 * Ends what a supervisor left running that was itself killed, and forgets it. Does nothing while that
 * supervisor lives, and touches no process that only has the number of one of ours.
 * @returns the names of what was ended.
 */
export async function endLeftovers(folder: StackFolder): Promise<string[]> {
  const state = readState(folder.stateFile);
  if (!state || isAlive(state.supervisor)) return [];
  const left = state.processes.filter(({ run }) => isAlive(run));
  // Apps before the servers they use.
  await endAll(left.filter(({ kind }) => kind === 'app'));
  await endAll(left.filter(({ kind }) => kind === 'server'));
  removeState(folder.stateFile);
  return left.map(({ name }) => name);
}

async function endAll(records: ProcessRecord[]): Promise<void> {
  const runs = records.flatMap(({ run, stopSignal }) => (run ? [{ ...run, stopSignal }] : []));
  for (const { pid, stopSignal } of runs) signalLeader(pid, stopSignal);
  const deadline = Date.now() + STOP_WITHIN_MS;
  while (runs.some(isAlive) && Date.now() < deadline) await delay(POLL_MS);
  // What they had started themselves. A group's number stays its own while it has members.
  for (const { pid } of runs) signalGroup(pid, 'SIGKILL');
}

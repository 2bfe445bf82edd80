import { setTimeout as delay } from 'node:timers/promises';
import { signalGroup, signalLeader } from './process-group.js';
import type { StackFolder } from '../stack-folder.js';
import {
  isAlive,
  readState,
  removeState,
  type Identified,
  type ProcessRecord,
} from '../supervision/state.js';

const STOP_WITHIN_MS = 20_000;
const DIE_WITHIN_MS = 5_000;
const POLL_MS = 50;

/**
 * Ends the processes that a killed supervisor left running, and deletes its state file. Does
 * nothing while the supervisor lives. Does not touch a foreign process that has got the pid of one
 * of ours.
 * @returns the names of the processes that it ended.
 */
export async function endLeftovers(
  folder: Pick<StackFolder, 'stateFile'>,
  stopWithinMs = STOP_WITHIN_MS,
): Promise<string[]> {
  const state = readState(folder.stateFile);
  if (!state || isAlive(state.supervisor)) return [];
  const left = state.processes.filter(({ run }) => isAlive(run));
  // One by one, in reverse start order: PostgreSQL waits for Connect, and consumers need the
  // broker.
  for (const record of left.reverse()) await end(record, stopWithinMs);
  removeState(folder.stateFile);
  return left.map(({ name }) => name);
}

async function end({ run, stopSignal }: ProcessRecord, stopWithinMs: number): Promise<void> {
  if (!run || !isAlive(run)) return;
  signalLeader(run.pid, stopSignal);
  await untilGone(run, stopWithinMs);
  // Kills its child processes. The id of a process group is not reused while the group has members.
  signalGroup(run.pid, 'SIGKILL');
  await untilGone(run, DIE_WITHIN_MS);
}

async function untilGone(process: Identified, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (isAlive(process) && Date.now() < deadline) await delay(POLL_MS);
}

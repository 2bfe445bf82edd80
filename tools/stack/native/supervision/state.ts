import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { PortName } from '../../environment.js';
import type { ProcessDefinition } from '../processes/process-definition.js';
import { processIdentity } from '../processes/process-identity.js';

/** The very process, not one that got its number later. */
export interface Identified {
  pid: number;
  identity: string;
}

/** `run` is null between two runs. */
export interface ProcessRecord extends Pick<
  ProcessDefinition,
  'name' | 'kind' | 'url' | 'stopSignal'
> {
  run: (Identified & { startedAt: string }) | null;
}

/** What a supervisor has running; read by `status` and `stop`, and by the next start after a crash. */
export interface SupervisorState {
  supervisor: Identified & { phase: 'starting' | 'running' | 'stopping' };
  /** As they were when this stack was started; `.env` may say something else by now. */
  ports: Record<PortName, number>;
  /** In the order they were started. */
  processes: ProcessRecord[];
}

export function readState(file: string): SupervisorState | undefined {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as SupervisorState;
}

/** @returns false when another supervisor has the folder. */
export function claimState(file: string, state: SupervisorState): boolean {
  mkdirSync(dirname(file), { recursive: true });
  const claim = `${file}.${process.pid}`;
  writeFileSync(claim, JSON.stringify(state, null, 2));
  try {
    // A link is made by one of two at once, and whole: a half-written file would lock everybody out.
    linkSync(claim, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(claim);
  }
}

export function writeState(file: string, state: SupervisorState): void {
  // A reader sees the old state or the new one, never half of it.
  const next = `${file}.next`;
  writeFileSync(next, JSON.stringify(state, null, 2));
  renameSync(next, file);
}

export function removeState(file: string): void {
  rmSync(file, { force: true });
}

/** A process that has ended already gets an identity that no process has. */
export const identify = (pid: number): Identified => ({
  pid,
  identity: processIdentity(pid) ?? 'ended',
});

export const isAlive = (process: Identified | null) =>
  process !== null && processIdentity(process.pid) === process.identity;

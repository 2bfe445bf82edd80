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

/** Identifies a process, so that a later process with the same pid is not mistaken for it. */
export interface Identified {
  pid: number;
  identity: string;
}

/** `run` is null while the process waits for its restart. */
export interface ProcessRecord extends Pick<
  ProcessDefinition,
  'name' | 'kind' | 'url' | 'stopSignal'
> {
  run: (Identified & { startedAt: string }) | null;
}

/** The processes of a supervisor. `status`, `stop` and the next start after a crash read it. */
export interface SupervisorState {
  supervisor: Identified & { phase: 'starting' | 'running' | 'stopping' };
  /** The ports at the start of this stack. `.env` may have changed since. */
  ports: Record<PortName, number>;
  /** In start order. */
  processes: ProcessRecord[];
}

export function readState(file: string): SupervisorState | undefined {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as SupervisorState;
}

/** @returns false if another supervisor owns the folder. */
export function claimState(file: string, state: SupervisorState): boolean {
  mkdirSync(dirname(file), { recursive: true });
  const claim = `${file}.${process.pid}`;
  writeFileSync(claim, JSON.stringify(state, null, 2));
  try {
    // link() is atomic: only one of two starts succeeds, and the file is complete. A half-written
    // file would block every later start.
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
  // Rename is atomic: a reader sees the old state or the new one, never a part.
  const next = `${file}.next`;
  writeFileSync(next, JSON.stringify(state, null, 2));
  renameSync(next, file);
}

export function removeState(file: string): void {
  rmSync(file, { force: true });
}

/** A process that has ended gets an identity that matches no process. */
export const identify = (pid: number): Identified => ({
  pid,
  identity: processIdentity(pid) ?? 'ended',
});

export const isAlive = (process: Identified | null) =>
  process !== null && processIdentity(process.pid) === process.identity;

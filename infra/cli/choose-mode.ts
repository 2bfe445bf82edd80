import { Option } from 'commander';
import type { Environment } from '../environment.js';
import type { Mode, ModeName } from '../mode.js';
import { nativeMode } from '../native/native-mode.js';

const MODES: Partial<Record<ModeName, Mode>> = { native: nativeMode };

export const modeOption = new Option('--mode <mode>', 'how to run it').choices(Object.keys(MODES));

/** The mode asked for, else the one that can run here, and why it is that one. */
export function chooseMode(asked: ModeName | undefined): { mode: Mode; why: string } {
  const mode = asked ? MODES[asked] : undefined;
  if (mode) return { mode, why: 'as asked' };
  return { mode: nativeMode, why: 'the only one there is' };
}

/** The mode that has something running, also something that nobody looks after any more. */
export async function occupiedMode(environment: Environment): Promise<Mode | undefined> {
  for (const mode of Object.values(MODES)) {
    if (await mode.services(environment)) return mode;
  }
  return undefined;
}

export async function runningMode(environment: Environment): Promise<Mode | undefined> {
  for (const mode of Object.values(MODES)) {
    if (await mode.isRunning(environment)) return mode;
  }
  return undefined;
}

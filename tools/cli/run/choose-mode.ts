import { Option } from 'commander';
import { composeAvailability } from '../../stack/compose/availability.js';
import { composeMode } from '../../stack/compose/compose-mode.js';
import type { Environment } from '../../stack/environment.js';
import type { Mode, ModeName } from '../../stack/mode.js';
import { nativeMode } from '../../stack/native/native-mode.js';

const MODES: Record<ModeName, Mode> = { native: nativeMode, compose: composeMode };

export const modeOption = new Option('--mode <mode>', 'how it runs').choices(Object.keys(MODES));

/** The modes a command is about: the one asked for, else all. */
export const modes = (asked: ModeName | undefined): Mode[] =>
  asked ? [MODES[asked]] : Object.values(MODES);

/** The mode asked for, else compose where it can run and native where it cannot, and why. */
export async function chooseMode(
  asked: ModeName | undefined,
  environment: Environment,
): Promise<{ mode: Mode; why: string }> {
  if (asked) return { mode: MODES[asked], why: 'as asked' };
  const { isAvailable, why } = await composeAvailability(environment);
  return { mode: isAvailable ? composeMode : nativeMode, why };
}

/** The mode that has something running, also something that nobody looks after any more. */
export async function occupiedMode(
  asked: ModeName | undefined,
  environment: Environment,
): Promise<Mode | undefined> {
  for (const mode of modes(asked)) if (await mode.services(environment)) return mode;
  return undefined;
}

export async function runningMode(
  asked: ModeName | undefined,
  environment: Environment,
): Promise<Mode | undefined> {
  for (const mode of modes(asked)) if (await mode.isRunning(environment)) return mode;
  return undefined;
}

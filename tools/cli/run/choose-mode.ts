import { Option } from 'commander';
import { composeAvailability } from '../../stack/compose/availability.js';
import { composeMode } from '../../stack/compose/compose-mode.js';
import { portsOf, type Environment } from '../../stack/environment.js';
import type { Mode, ModeName } from '../../stack/mode.js';
import { nativeMode } from '../../stack/native/native-mode.js';

const MODES: Record<ModeName, Mode> = { native: nativeMode, compose: composeMode };

export const modeOption = new Option(
  '--mode <mode>',
  'native: processes of this machine; compose: containers',
).choices(Object.keys(MODES));

/** The modes that a command concerns: the mode of its option, else all. */
export const modes = (asked: ModeName | undefined): Mode[] =>
  asked ? [MODES[asked]] : Object.values(MODES);

/** The mode of the option, else compose if it can run here, else native; and the reason. */
export async function chooseMode(
  asked: ModeName | undefined,
  environment: Environment,
): Promise<{ mode: Mode; why: string }> {
  if (asked) return { mode: MODES[asked], why: 'as asked' };
  const { isAvailable, why } = await composeAvailability(environment);
  return { mode: isAvailable ? composeMode : nativeMode, why };
}

/** The mode that has running processes, also processes without a supervisor. */
export async function occupiedMode(
  asked: ModeName | undefined,
  environment: Environment,
): Promise<Mode | undefined> {
  for (const mode of modes(asked)) if (await mode.services(environment)) return mode;
  return undefined;
}

/**
 * Another mode whose services use ports of this environment. A start beside it would only report
 * every port that is in use. With other ports the two modes can run side by side.
 */
export async function otherModeOnSamePorts(
  wanted: Mode,
  environment: Environment,
  all = Object.values(MODES),
): Promise<Mode | undefined> {
  const ports = new Set(Object.values(portsOf(environment)).map(String));
  for (const other of all.filter(({ name }) => name !== wanted.name)) {
    const services = (await other.services(environment)) ?? [];
    // After a power cut the state file names processes that no longer run.
    const running = services.filter(({ pid, container }) => pid !== null || container !== null);
    if (running.some(({ url }) => ports.has(/:(\d+)/.exec(url)?.[1] ?? ''))) return other;
  }
  return undefined;
}

/** The mode that runs under supervision. */
export async function runningMode(
  asked: ModeName | undefined,
  environment: Environment,
): Promise<Mode | undefined> {
  for (const mode of modes(asked)) if (await mode.isRunning(environment)) return mode;
  return undefined;
}

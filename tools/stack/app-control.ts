import { askSupervisor } from '@effectively-once/scenarios/supervisor/control-client';
import { composeMode } from './compose/compose-mode.js';
import { startService, stopService } from './compose/project/switch-service.js';
import type { Environment } from './environment.js';
import { nativeMode } from './native/native-mode.js';
import { stackFolder } from './native/stack-folder.js';
import { controlSocketOf } from './native/supervision/control-socket.js';

/** Stops and starts one app of the running system, by its name. The others go on. */
export interface AppControl {
  /**
   * Resolves when the app has ended. It is started again after `startAgainAfterMs` (1 s to 10 min),
   * also if this process has died by then.
   */
  stop(name: string, startAgainAfterMs: number): Promise<void>;
  /** Resolves when the app is healthy. */
  start(name: string): Promise<void>;
}

/**
 * The control of the system that runs: natively the supervisor's socket, else docker compose.
 * CONTROL_SOCKET names the socket of another stack, as the tests have.
 * @throws Error if no system runs.
 */
export async function appControl(environment: Environment): Promise<AppControl> {
  const socket = environment.given['CONTROL_SOCKET'];
  if (socket !== undefined) return nativeControl(socket);
  if (await nativeMode.isRunning(environment)) return nativeControl(controlSocketOf(stackFolder()));
  if (await composeMode.isRunning(environment)) {
    return {
      stop: (name, startAgainAfterMs) => stopService({ environment, name, startAgainAfterMs }),
      start: (name) => startService({ environment, name }),
    };
  }
  throw new Error('nothing is running; npm start starts the system');
}

const nativeControl = (socket: string): AppControl => ({
  stop: (name, startAgainAfterMs) =>
    askSupervisor(socket, { command: 'stop', name, startAgainAfterMs }),
  start: (name) => askSupervisor(socket, { command: 'start', name }),
});

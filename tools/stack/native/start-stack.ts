import { portsOf, type Environment } from '../environment.js';
import { apps } from './servers/apps.js';
import { assertDiskSpace } from './disk-space.js';
import { endLeftovers } from './processes/leftovers.js';
import type { Exit } from './processes/managed-process.js';
import { assertPortsAreFree } from './ports.js';
import type { ProcessDefinition } from './processes/process-definition.js';
import { preparations } from './preparations.js';
import { findPrograms } from './programs/programs.js';
import { servers } from './servers/servers.js';
import type { StackFolder } from './stack-folder.js';
import type { Step, StepEvent } from './progress/steps.js';
import { Supervisor } from './processes/supervisor.js';
import { controlSocketOf } from './supervision/control-socket.js';
import { serveControl, type ControlServer } from './supervision/control-server.js';
import { breakableBy, type FaultControls } from './supervision/faults/fault-controls.js';
import { StoppableApps } from './supervision/stoppable-apps.js';

export type Progress =
  | StepEvent
  | { kind: 'note'; note: string }
  | { kind: 'exit'; exit: Exit }
  | { kind: 'stopped'; step: string; seconds: number };

export interface Stack {
  /** Stops everything in order. */
  stop(): Promise<void>;
  /** Ends everything at once. A running `stop` then ends too. */
  kill(): void;
}

/**
 * Starts all servers, prepares them, and starts the apps if `apps` is true. Several stacks can run
 * side by side, each with its own ports and folder.
 * @throws Error that says what to do. Everything that was started has been stopped by then.
 */
export async function startStack(options: {
  environment: Environment;
  folder: StackFolder;
  apps: boolean;
  /** Changes the process definitions: a test can put a proxy in front of a server. */
  rewire?: (definitions: ProcessDefinition[]) => ProcessDefinition[];
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}): Promise<Stack> {
  const { environment, folder, rewire = (same) => same, signal, onProgress } = options;
  const onNote = (note: string) => onProgress({ kind: 'note', note });
  // Servers that run under another account must be able to read the files of this process.
  process.umask(0o022);
  const ended = await endLeftovers(folder);
  if (ended.length > 0) onNote(`ended the leftovers of a killed supervisor: ${ended.join(', ')}`);
  assertDiskSpace(folder.path);

  const supervisor = new Supervisor(folder, portsOf(environment), (exit) =>
    onProgress({ kind: 'exit', exit }),
  );
  const kill = () => supervisor.kill();
  // Also after an uncaught error: no process may outlive its supervisor.
  process.once('exit', kill);
  const stoppable = new StoppableApps((name) => supervisor.any(name), onNote);
  let control: ControlServer | undefined;
  let faultControls: FaultControls | undefined;
  const stop = async () => {
    await control?.close();
    stoppable.close();
    faultControls?.faults.close();
    await supervisor.stop((event) => {
      if (event.kind === 'done') onProgress({ ...event, kind: 'stopped' });
    });
    await faultControls?.close();
    process.off('exit', kill);
  };
  try {
    const programs = await findPrograms({ folder, signal, onNote });
    const context = { environment, folder, programs, withApps: options.apps };
    const plain = [...servers(context), ...(options.apps ? apps(context) : [])];
    faultControls = await breakableBy({ ...context, supervisor, stoppable, onNote }, plain);
    const definitions = rewire(faultControls?.definitions ?? plain);
    await assertPortsAreFree(definitions, environment.settings);
    const steps = preparationsOf(definitions, environment);
    await supervisor.start(definitions, steps, { signal, onEvent: onProgress });
    control = await serveControl({
      socket: controlSocketOf(folder),
      apps: {
        stop: (name, afterMs) => (supervisor.app(name), stoppable.stop(name, afterMs)),
        start: (name) => stoppable.start(name),
      },
      faults: faultControls?.faults,
      onNote,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop, kill };
}

/** The preparations of the servers that are started. */
function preparationsOf(definitions: ProcessDefinition[], environment: Environment): Step[] {
  const there = new Set(definitions.map(({ name }) => name));
  return preparations(environment).filter(({ name, after }) => {
    const isNeeded = after.every((step) => there.has(step));
    if (isNeeded) there.add(name);
    return isNeeded;
  });
}

import { isHealthy } from '../health/health-check.js';
import type { Environment } from '../environment.js';
import type { Mode, Service, Started } from '../mode.js';
import { repositoryRoot } from '../../repository-root.js';
import { startDetached } from './supervision/detached-start.js';
import { endLeftovers } from './processes/leftovers.js';
import { ProgressPrinter } from './progress/progress-printer.js';
import { deleteStack, stackFolder, type StackFolder } from './stack-folder.js';
import { startStack } from './start-stack.js';
import { isAlive, readState, type ProcessRecord } from './supervision/state.js';
import { stopSupervisor } from './supervision/stop-supervisor.js';

/** Runs servers and apps as processes of this machine. */
export const nativeMode: Mode = {
  name: 'native',

  async start({ environment, detach, signal, print }): Promise<Started> {
    const folder = stackFolder();
    if (!folder.path.startsWith(repositoryRoot)) {
      print(
        `  … ${folder.user?.name} cannot enter ${repositoryRoot}: data and logs go to ${folder.path}`,
      );
    }
    const { show } = new ProgressPrinter(print);
    const stack = detach
      ? await startDetached({ environment, signal, onProgress: show })
      : await startStack({ environment, folder, apps: true, signal, onProgress: show });
    return {
      ...stack,
      places: [`data    ${folder.data}`, `logs    ${folder.logs}`],
      // Never resolves: `npm stop` sends SIGTERM to this process.
      ended: new Promise(() => undefined),
    };
  },

  async stop({ wipe, print }) {
    const folder = stackFolder();
    const outcome = await stopWhatRuns(folder, print);
    if (wipe && deleteStack(folder)) print(`  deleted ${folder.path}`);
    return outcome;
  },

  async isRunning() {
    const state = readState(stackFolder().stateFile);
    return state !== undefined && isAlive(state.supervisor);
  },

  async services(environment): Promise<Service[] | undefined> {
    const state = readState(stackFolder().stateFile);
    if (!state) return undefined;
    const settings = { ...environment.settings, ...state.ports };
    const asStarted = { ...environment, settings };
    return await Promise.all(state.processes.map((record) => service(record, asStarted)));
  },
};

async function stopWhatRuns(
  folder: StackFolder,
  print: (line: string) => void,
): Promise<'stopped' | 'not running'> {
  const state = readState(folder.stateFile);
  if (!state) return 'not running';
  if (isAlive(state.supervisor)) await stopSupervisor(folder, state.supervisor, print);
  // Also after a supervisor that was alive: a process that it did not stop must not outlive it.
  for (const name of await endLeftovers(folder)) print(`  ■ ${name} (its supervisor was gone)`);
  return 'stopped';
}

async function service(record: ProcessRecord, environment: Environment): Promise<Service> {
  const { name, kind, url, run } = record;
  const up = isAlive(run);
  return {
    name,
    kind,
    url,
    pid: up ? run!.pid : null,
    container: null,
    healthy: up && (await isHealthy(name, environment)),
    startedAt: up ? run!.startedAt : null,
  };
}

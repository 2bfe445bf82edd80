import type { Environment } from '../../environment.js';
import { assertPortsAreFree } from '../../native/ports.js';
import type { Progress } from '../../native/start-stack.js';
import { runSteps } from '../../native/progress/steps.js';
import { watchContainers, type ContainerEnded } from './container-events.js';
import { listContainers } from '../containers.js';
import { compose } from '../docker.js';
import { imageSteps } from '../images.js';
import { logTail } from '../log-tail.js';
import { LONG_RUNNING, portVariables, PREPARATIONS } from '../services.js';
import { StartProgress } from './start-progress.js';

/**
 * Builds images, starts containers and resolves when all are healthy.
 * @throws Error with the last log lines of the failed service. The started containers still run.
 */
export async function startProject(options: {
  environment: Environment;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}): Promise<void> {
  const { environment, signal, onProgress } = options;
  const ports = LONG_RUNNING.map((name) => ({ name, ports: portVariables(name) }));
  await assertPortsAreFree(ports, environment.settings);
  await runSteps(await imageSteps(environment), { signal, onEvent: onProgress });

  const failed = new AbortController();
  let failure: ContainerEnded | undefined;
  const progress = new StartProgress(onProgress, (event) => {
    failure ??= event;
    failed.abort();
  });
  const watch = watchContainers(environment, progress.see);
  try {
    await compose(['up', '--detach', '--wait', ...PREPARATIONS, ...LONG_RUNNING], {
      environment,
      signal: AbortSignal.any([signal, failed.signal]),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    if (failure) throw await endedDuringStart(failure, environment);
    throw (await neverHealthy(environment)) ?? error;
  } finally {
    watch.close();
  }
}

async function endedDuringStart(event: ContainerEnded, environment: Environment): Promise<Error> {
  const { service, exitCode, atMs } = event;
  const tail = await logTail(service, { environment, untilMs: atMs });
  return new Error(
    `${service} ended with code ${exitCode} while it started; its last lines:\n${tail}`,
  );
}

/** Undefined if no service is unhealthy: docker could not mount a volume or create a network. */
async function neverHealthy(environment: Environment): Promise<Error | undefined> {
  const containers = await listContainers(environment);
  const found = containers.find(({ health }) => health === 'unhealthy');
  if (!found) return undefined;
  const tail = await logTail(found.service, { environment, untilMs: Date.now() });
  return new Error(`${found.service} did not become healthy; its last lines:\n${tail}`);
}

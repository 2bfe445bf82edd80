import type { Environment } from '../environment.js';
import { assertPortsAreFree } from '../native/ports.js';
import type { Progress } from '../native/start-stack.js';
import { runSteps } from '../native/steps.js';
import { watchContainers } from './container-events.js';
import { listContainers, type Container } from './containers.js';
import { compose, DockerFailed } from './docker.js';
import { imageSteps } from './images.js';
import { isLongRunning, LONG_RUNNING, portVariables, PREPARATIONS } from './services.js';
import { StartProgress } from './start-progress.js';

const LOG_LINES_TOLD = 15;

/**
 * Brings images and containers up and resolves when all are healthy.
 * @throws Error with the last log lines of each service that failed; what was started still is.
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
  const progress = new StartProgress(onProgress, (service) => {
    failed.abort(new DockerFailed(`${service} ended`));
  });
  const watch = watchContainers(environment, progress.see);
  try {
    await compose(['up', '--detach', '--wait', ...PREPARATIONS, ...LONG_RUNNING], {
      environment,
      signal: AbortSignal.any([signal, failed.signal]),
    });
  } catch (error) {
    throw signal.aborted ? error : await explain(error, environment);
  } finally {
    watch.close();
  }
}

async function explain(error: unknown, environment: Environment): Promise<Error> {
  const failed = (await listContainers(environment)).filter(hasFailed);
  if (failed.length === 0) return error as Error;
  const reports = await Promise.all(
    failed.map(async ({ service, state, health, exitCode }) => {
      const how = state === 'running' ? `is ${health}` : `ended with code ${exitCode}`;
      return `${service} ${how} while it started; its last lines:\n${await logTail(service, environment)}`;
    }),
  );
  return new Error(reports.join('\n\n'), { cause: error });
}

const hasFailed = ({ service, state, health, exitCode }: Container) =>
  health === 'unhealthy' ||
  state === 'restarting' ||
  (state === 'exited' && (exitCode !== 0 || isLongRunning(service)));

export async function logTail(service: string, environment: Environment): Promise<string> {
  const options = ['--no-color', '--no-log-prefix', `--tail=${LOG_LINES_TOLD}`];
  const log = await compose(['logs', ...options, service], { environment }).catch(
    (error: Error) => `(no log: ${error.message})`,
  );
  return log.trimEnd().replace(/^/gm, '  ');
}

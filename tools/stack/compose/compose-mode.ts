import { APPS } from '../app-environment.js';
import { portVariable, type Environment } from '../environment.js';
import { isHealthy } from '../health/health-check.js';
import type { Mode, Service } from '../mode.js';
import { ProgressPrinter } from '../native/progress/progress-printer.js';
import { listContainers, listVolumes, projectFilter, type Container } from './containers.js';
import { compose } from './docker.js';
import { followProject } from './project/follow-project.js';
import { CONTAINER_PORTS, LONG_RUNNING, urlOf, type LongRunning } from './services.js';
import { startProject } from './project/start-project.js';
import { stopProject } from './project/stop-project.js';

// A JVM that is still starting ignores SIGTERM. It has no data yet, so a short grace period is
// safe.
const STARTING_GRACE_S = 3;

/**
 * Runs servers and apps as containers. It also sees containers that `docker compose up` started.
 */
export const composeMode: Mode = {
  name: 'compose',

  async start({ environment, detach, signal, print }) {
    const { show } = new ProgressPrinter(print);
    const stop = { environment, wipe: false, onProgress: show };
    try {
      await startProject({ environment, signal, onProgress: show });
    } catch (error) {
      await stopProject({ ...stop, graceS: STARTING_GRACE_S });
      throw error;
    }
    const follow = followProject(environment, print);
    // With --detach this command ends soon, so nothing reads further events.
    if (detach) follow.close();
    return {
      places: [
        `data    docker volume ls --filter ${projectFilter(environment)}`,
        'logs    docker compose logs --follow [service], while it runs',
      ],
      ended: follow.ended,
      stop: async () => {
        follow.close();
        await stopProject(stop);
      },
      kill: () => void compose(['kill'], { environment }).catch(() => undefined),
    };
  },

  async stop({ environment, wipe, print }) {
    const { show } = new ProgressPrinter(print);
    const found = await listContainers(environment).catch(() => undefined);
    // Without a Docker daemon there is nothing to stop, and no volume can be reached.
    if (!found) return 'not running';
    const hasData = wipe && (await listVolumes(environment)).length > 0;
    await stopProject({ environment, wipe, onProgress: show });
    if (hasData) print('  deleted the Docker volumes with its data');
    return found.some(isUp) ? 'stopped' : 'not running';
  },

  async isRunning(environment) {
    return (await listContainers(environment).catch(() => [])).some(isUp);
  },

  async services(environment) {
    const found = await listContainers(environment).catch(() => []);
    if (!found.some(isUp)) return undefined;
    return await Promise.all(LONG_RUNNING.map((service) => row(service, found, environment)));
  },
};

const isUp = ({ state }: Container) => state === 'running' || state === 'restarting';

async function row(
  name: LongRunning,
  found: Container[],
  environment: Environment,
): Promise<Service> {
  const container = found.find(({ service }) => service === name);
  const isRunning = container?.state === 'running';
  const variable = portVariable(name);
  // The container may use other ports than the present settings.
  const port = container?.ports.get(CONTAINER_PORTS[name]) ?? environment.settings[variable];
  const asStarted = { ...environment, settings: { ...environment.settings, [variable]: port } };
  return {
    name,
    kind: (APPS as readonly string[]).includes(name) ? 'app' : 'server',
    url: urlOf(name, port),
    pid: null,
    container: container?.name ?? null,
    healthy: isRunning && (await isHealthy(name, asStarted)),
    startedAt: isRunning ? container.startedAt : null,
  };
}

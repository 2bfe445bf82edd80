import type { Environment } from '../environment.js';
import { docker } from './docker.js';

export interface Container {
  name: string;
  /** Its name in docker-compose.yml. */
  service: string;
  state: 'created' | 'running' | 'restarting' | 'paused' | 'exited' | 'dead' | 'removing';
  health: 'starting' | 'healthy' | 'unhealthy' | 'none';
  exitCode: number;
  /** ISO 8601. */
  startedAt: string;
  /** From the port in the container to the port of this machine. */
  ports: ReadonlyMap<number, number>;
}

const ANSWER_WITHIN_MS = 5_000;
const PROJECT = 'effectively-once';

/** Docker labels each container with its project name. The environment overrides the file. */
export const projectFilter = ({ given }: Environment) =>
  `label=com.docker.compose.project=${given['COMPOSE_PROJECT_NAME'] ?? PROJECT}`;

/**
 * The containers of this project, also those started by another command, but not those of
 * `docker compose run`.
 * @throws DockerFailed if no Docker daemon answers in time.
 */
export async function listContainers(environment: Environment): Promise<Container[]> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const notFromRun = 'label=com.docker.compose.oneoff=False';
  const filters = ['--filter', projectFilter(environment), '--filter', notFromRun];
  const ids = await docker(['ps', '--all', '--quiet', ...filters], { environment, signal });
  if (ids.trim() === '') return [];
  const inspected = await docker(['inspect', ...ids.trim().split('\n')], { environment, signal });
  return (JSON.parse(inspected) as Inspected[]).map(toContainer);
}

/**
 * The names of the project's volumes.
 * @throws DockerFailed if no Docker daemon answers in time.
 */
export async function listVolumes(environment: Environment): Promise<string[]> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const args = ['volume', 'ls', '--quiet', '--filter', projectFilter(environment)];
  const names = await docker(args, { environment, signal });
  return names.split('\n').filter((name) => name !== '');
}

/** The fields of `docker inspect` that this file reads. */
interface Inspected {
  Name: string;
  Config: { Labels: Record<string, string> };
  HostConfig: { PortBindings: Record<string, { HostPort: string }[]> | null };
  State: {
    Status: Container['state'];
    ExitCode: number;
    StartedAt: string;
    Health?: { Status: Container['health'] };
  };
}

function toContainer({ Name, Config, HostConfig, State }: Inspected): Container {
  const bindings = Object.entries(HostConfig.PortBindings ?? {});
  return {
    name: Name.slice(1),
    service: Config.Labels['com.docker.compose.service'] ?? '',
    state: State.Status,
    health: State.Health?.Status ?? 'none',
    exitCode: State.ExitCode,
    // Docker's times have nanoseconds.
    startedAt: new Date(State.StartedAt).toISOString(),
    ports: new Map(
      bindings.map(([inside, [outside]]) => [parseInt(inside), Number(outside?.HostPort)]),
    ),
  };
}

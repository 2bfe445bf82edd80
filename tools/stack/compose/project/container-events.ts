import { createInterface } from 'node:readline';
import type { Environment } from '../../environment.js';
import { projectFilter } from '../containers.js';
import { startDocker } from '../docker.js';

export type ContainerEvent = Change | ContainerEnded;
interface Change {
  kind: 'created' | 'started' | 'healthy' | 'removed';
  service: string;
  atMs: number;
}
export interface ContainerEnded {
  kind: 'ended';
  service: string;
  atMs: number;
  exitCode: number;
}

const ACTIONS = ['create', 'start', 'health_status', 'die', 'destroy'];

/** Reports the events of the project's containers, from now until it is closed. */
export function watchContainers(
  environment: Environment,
  onEvent: (event: ContainerEvent) => void,
): { close: () => void } {
  const filters = [
    '--filter',
    projectFilter(environment),
    '--filter',
    'type=container',
    ...ACTIONS.flatMap((action) => ['--filter', `event=${action}`]),
  ];
  // Without --since, events before docker starts to listen would be lost.
  const since = ['--since', (Date.now() / 1000).toFixed(3)];
  const child = startDocker(['events', ...since, ...filters, '--format', '{{json .}}'], {
    environment,
  });
  // If docker is missing, the other docker commands fail and report it.
  child.once('error', () => undefined);
  child.stderr.resume();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = parseEvent(line);
    if (event) onEvent(event);
  });
  return { close: () => child.kill() };
}

/** Undefined for containers of `docker compose run`, and for `unhealthy`. */
export function parseEvent(line: string): ContainerEvent | undefined {
  const { Action, Actor, timeNano } = JSON.parse(line) as {
    Action: string;
    Actor: { Attributes: Record<string, string> };
    timeNano: number;
  };
  const { 'com.docker.compose.service': service, exitCode } = Actor.Attributes;
  if (!service || Actor.Attributes['com.docker.compose.oneoff'] === 'True') return undefined;
  const common = { service, atMs: timeNano / 1e6 };
  switch (Action) {
    case 'create':
      return { ...common, kind: 'created' };
    case 'start':
      return { ...common, kind: 'started' };
    case 'health_status: healthy':
      return { ...common, kind: 'healthy' };
    case 'die':
      return { ...common, kind: 'ended', exitCode: Number(exitCode) };
    case 'destroy':
      return { ...common, kind: 'removed' };
    default:
      return undefined;
  }
}

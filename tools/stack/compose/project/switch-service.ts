import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pollUntil } from '@effectively-once/timing';
import type { Environment } from '../../environment.js';
import { isHealthy } from '../../health/health-check.js';
import { compose } from '../docker.js';

const HEALTHY_WITHIN_MS = 120_000;
const POLL_MS = 250;

interface ServiceOptions {
  environment: Environment;
  /** A service of docker-compose.yml: all its containers. */
  name: string;
}

/** The process that starts a stopped service again if this one dies. */
const watchers = new Map<string, ChildProcess>();

/**
 * Stops the containers of one service. Docker restarts no container that was stopped by hand, so a
 * process of its own waits for the deadline, or for the end of this process, and starts it again.
 * @throws DockerFailed
 */
export async function stopService({
  environment,
  name,
  startAgainAfterMs,
}: ServiceOptions & { startAgainAfterMs: number }): Promise<void> {
  const script = fileURLToPath(new URL('./start-service-later.js', import.meta.url));
  // Its own process group: Ctrl-C must not reach it. Its stdin ends when this process dies.
  const watcher = spawn(process.execPath, [script, name, String(startAgainAfterMs)], {
    detached: true,
    env: environment.given,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(watcher, 'spawn');
  watcher.unref();
  watchers.set(name, watcher);
  await compose(['stop', name], { environment });
}

/**
 * Starts the containers of one service and waits until it is healthy.
 * @throws DockerFailed, or TimeoutError if it is not healthy in time. It runs then nevertheless.
 */
export async function startService({ environment, name }: ServiceOptions): Promise<void> {
  await compose(['start', name], { environment });
  watchers.get(name)?.kill();
  watchers.delete(name);
  await pollUntil(() => isHealthy(name, environment), {
    everyMs: POLL_MS,
    timeoutMs: HEALTHY_WITHIN_MS,
    timeoutMessage: () => `${name} is not healthy after ${HEALTHY_WITHIN_MS / 1_000} s`,
  });
}

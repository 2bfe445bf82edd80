import type { Environment } from '../../environment.js';
import type { Progress } from '../../native/start-stack.js';
import { watchContainers } from './container-events.js';
import { compose } from '../docker.js';

/**
 * Stops and removes all containers, also those of `docker compose run`. Keeps the data by default.
 */
export async function stopProject(options: {
  environment: Environment;
  wipe: boolean;
  /** Overrides the grace periods of docker-compose.yml. */
  graceS?: number;
  onProgress: (progress: Progress) => void;
}): Promise<void> {
  const { environment, wipe, graceS, onProgress } = options;
  const askedAtMs = Date.now();
  const watch = watchContainers(environment, ({ kind, service, atMs }) => {
    if (kind !== 'ended') return;
    onProgress({ kind: 'stopped', step: service, seconds: (atMs - askedAtMs) / 1000 });
  });
  try {
    await compose(
      [
        'down',
        '--remove-orphans',
        ...(wipe ? ['--volumes'] : []),
        ...(graceS === undefined ? [] : ['--timeout', String(graceS)]),
      ],
      { environment },
    );
  } finally {
    watch.close();
  }
}

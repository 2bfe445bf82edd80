import type { Environment } from '../environment.js';
import { compose } from './docker.js';

const LINES_MAX = 15;

/**
 * The last log lines of a service up to a moment. Later lines belong to its next run and do not
 * explain the failure. Never rejects.
 */
export async function logTail(
  service: string,
  { environment, untilMs }: { environment: Environment; untilMs: number },
): Promise<string> {
  const until = `--until=${new Date(Math.ceil(untilMs)).toISOString()}`;
  const options = ['--no-color', '--no-log-prefix', `--tail=${LINES_MAX}`, until];
  const log = await compose(['logs', ...options, service], { environment }).catch(
    (error: Error) => `(no log: ${error.message})`,
  );
  return log.trimEnd().replace(/^/gm, '      ');
}

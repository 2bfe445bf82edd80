import type { Environment } from '../../environment.js';
import type { Programs } from '../programs/programs.js';
import type { StackFolder } from '../stack-folder.js';

/** What the definitions of all processes are made from. */
export interface StackContext {
  environment: Environment;
  folder: StackFolder;
  programs: Programs;
  /** False for a stack of servers alone. */
  withApps: boolean;
}

/** A server sees nothing of the caller's environment: PGDATA, KAFKA_OPTS or ES_JAVA_OPTS would leak in. */
export function serverEnvironment(folder: StackFolder): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: folder.data,
    LC_ALL: 'C',
    TZ: 'UTC',
  };
}

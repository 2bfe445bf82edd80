import type { Environment } from '../../environment.js';
import type { Programs } from '../programs/programs.js';
import type { StackFolder } from '../stack-folder.js';

/** The input of all process definitions. */
export interface StackContext {
  environment: Environment;
  folder: StackFolder;
  programs: Programs;
  /** False for a stack of servers without apps. */
  withApps: boolean;
}

/**
 * The environment of a server. It has none of the caller's variables, because PGDATA, KAFKA_OPTS or
 * ES_JAVA_OPTS would change the server.
 */
export function serverEnvironment(folder: StackFolder): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: folder.data,
    LC_ALL: 'C',
    TZ: 'UTC',
  };
}

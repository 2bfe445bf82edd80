import type { Environment } from './environment.js';

export type ModeName = 'native' | 'compose';

/** A row of `npm run status`. */
export interface Service {
  name: string;
  kind: 'app' | 'server';
  url: string;
  /** In native mode. */
  pid: number | null;
  /** In compose mode. */
  container: string | null;
  healthy: boolean;
  /** ISO 8601; null while it is down. */
  startedAt: string | null;
}

/** A way to run the system: as processes (native) or as containers (compose). */
export interface Mode {
  name: ModeName;
  /** Starts everything and resolves when all is healthy. After a failure nothing runs. */
  start(options: {
    environment: Environment;
    /** The system continues when this process ends. */
    detach: boolean;
    /** Aborted if the user interrupts the start: then stop everything, and reject. */
    signal: AbortSignal;
    print: (line: string) => void;
  }): Promise<Started>;
  stop(options: {
    environment: Environment;
    /** Deletes the data too. */
    wipe: boolean;
    print: (line: string) => void;
  }): Promise<'stopped' | 'not running'>;
  /** True while the system runs under supervision, so that another start must be refused. */
  isRunning(environment: Environment): Promise<boolean>;
  /** Undefined if nothing runs. Includes the processes that a killed supervisor left behind. */
  services(environment: Environment): Promise<Service[] | undefined>;
}

export interface Started {
  /** Lines that say where data and logs are. */
  places: string[];
  /** Resolves when another command has stopped everything. */
  ended: Promise<void>;
  stop(): Promise<void>;
  /** Ends everything at once, without a graceful stop. */
  kill(): void;
}

import type { Environment } from './environment.js';

export type ModeName = 'native' | 'compose';

/** A row of `npm run status`. */
export interface Service {
  name: string;
  kind: 'app' | 'server';
  url: string;
  /** Natively. */
  pid: number | null;
  /** In compose. */
  container: string | null;
  healthy: boolean;
  /** ISO 8601; null while it is down. */
  startedAt: string | null;
}

/** One way to run the system. The commands know both only through this. */
export interface Mode {
  name: ModeName;
  /** Starts everything and resolves once all of it is healthy. A failure leaves nothing running. */
  start(options: {
    environment: Environment;
    /** It goes on when this process ends. */
    detach: boolean;
    /** The user has had enough of waiting: stop what was started, and reject. */
    signal: AbortSignal;
    print: (line: string) => void;
  }): Promise<Started>;
  stop(options: {
    environment: Environment;
    /** Deletes the data too. */
    wipe: boolean;
    print: (line: string) => void;
  }): Promise<'stopped' | 'not running'>;
  /** Somebody looks after it: a start would be a second one. */
  isRunning(environment: Environment): Promise<boolean>;
  /** Undefined when there is nothing; also what a supervisor left that was itself killed. */
  services(environment: Environment): Promise<Service[] | undefined>;
}

export interface Started {
  /** Lines that say where data and logs are. */
  places: string[];
  /** Resolves when somebody else has stopped it all. */
  ended: Promise<void>;
  stop(): Promise<void>;
  /** Without waiting for anybody to finish. */
  kill(): void;
}

import type { Environment } from '../../stack/environment.js';

/** What every part of the benchmark is given. */
export interface Part {
  environment: Environment;
  brokers: string[];
  /** Of the database server, as its superuser. */
  postgresUrl: string;
  logFolder: string;
  signal: AbortSignal;
  print: (line: string) => void;
  /** Prints a figure beside its bar. Speed fails nothing: machines differ. */
  bar: (what: string, value: number, bar: { atLeast: number } | { atMost: number }) => void;
}

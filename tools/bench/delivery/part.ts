import type { Environment } from '../../stack/environment.js';

/** The arguments of every part of the benchmark. */
export interface Part {
  environment: Environment;
  brokers: string[];
  logFolder: string;
  signal: AbortSignal;
  print: (line: string) => void;
  /**
   * Prints a figure and its limit. A missed limit does not fail the run, because machines differ.
   */
  bar: (what: string, value: number, bar: { atLeast: number } | { atMost: number }) => void;
}

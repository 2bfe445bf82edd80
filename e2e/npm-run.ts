import { execFile } from 'node:child_process';
import { at } from './system-under-test.js';

/** Runs the project's commands against the system under test, as the operator types them. */

export interface Ended {
  code: number;
  out: string;
  err: string;
  /** stdout and stderr together. */
  output: string;
}

// The audit reports all payments of all stories: that is long.
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * `npm run <command> -- <arguments>` by the operator Olga. `changed` overrides environment
 * variables.
 */
export function npmRun(
  command: string,
  arguments_: readonly string[] = [],
  changed: Record<string, string> = {},
): Promise<Ended> {
  const env = npmEnvironment(changed);
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['tools/run.mjs', command, ...arguments_],
      { env, maxBuffer: OUTPUT_BYTES_MAX },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err, output: out + err }),
    );
  });
}

/** The environment of a command that works on the system under test. */
export function npmEnvironment(changed: Record<string, string> = {}): NodeJS.ProcessEnv {
  const system = Object.entries({ ...at, KAFKA_BROKERS: at.KAFKA_BROKERS.join() });
  // Jest and CI set FORCE_COLOR; colour codes would break the comparison of texts.
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const plain = { ...inherited, NO_COLOR: '1', USER: 'olga' };
  return { ...plain, ...Object.fromEntries(system), ...changed };
}

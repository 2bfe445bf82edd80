import { execFile } from 'node:child_process';
import { at } from './system-under-test.js';

/** The commands of this project as a person types them, in the system under test. */

export interface Ended {
  code: number;
  out: string;
  err: string;
  /** Both, for when it does not matter where it was said. */
  output: string;
}

// A report of everything that the other stories have left is long.
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** `npm run <command> -- <arguments>`, by Olga, with some of the environment changed. */
export function npmRun(
  command: string,
  arguments_: readonly string[] = [],
  changed: Record<string, string> = {},
): Promise<Ended> {
  const system = Object.entries({ ...at, KAFKA_BROKERS: at.KAFKA_BROKERS.join() });
  // Jest and CI ask for colours, and what is read here is text.
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const plain = { ...inherited, NO_COLOR: '1', USER: 'olga' };
  const env = { ...plain, ...Object.fromEntries(system), ...changed };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['tools/run.mjs', command, ...arguments_],
      { env, maxBuffer: OUTPUT_BYTES_MAX },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err, output: out + err }),
    );
  });
}

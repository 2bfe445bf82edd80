import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Time limit per test. A wait inside a test ends earlier and names what it waited for. */
export const TEST_TIMEOUT_MS = {
  unit: 20_000,
  int: 90_000,
  e2e: 240_000,
  long: 1_800_000,
} as const;
export type Level = keyof typeof TEST_TIMEOUT_MS;

/** The Node arguments that start the Jest of a tree. Jest's own arguments follow them. */
export const jestOf = (tree: string): string[] => [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(tree, 'node_modules/jest/bin/jest.js'),
];

/**
 * Runs Jest in a copy of the tree, and returns its exit code.
 * @throws the signal's reason once it is aborted; by then Jest and its workers have been stopped.
 */
export async function runJestIn(
  tree: string,
  arguments_: readonly string[],
  options: {
    /** For each Jest worker the result of `testAddresses()`. Absent for tests without servers. */
    stacks?: Record<string, unknown>[] | undefined;
    /** Jest prints its text report to standard error. Its JSON report goes to a file. */
    stderr: 'ignore' | 'inherit';
    signal: AbortSignal;
  },
): Promise<number | null> {
  const { stacks, stderr, signal } = options;
  signal.throwIfAborted();
  const child = spawn(process.execPath, [...jestOf(tree), ...arguments_], {
    cwd: tree,
    stdio: ['ignore', 'ignore', stderr],
    // Its own process group, because Jest's workers do not end with Jest.
    detached: true,
    env: {
      ...process.env,
      NODE_ENV: 'test',
      ...(stacks ? { TEST_ADDRESSES: JSON.stringify(stacks) } : {}),
    },
  });
  const endAll = () => void (child.pid && process.kill(-child.pid, 'SIGTERM'));
  signal.addEventListener('abort', endAll, { once: true });
  try {
    return await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
  } finally {
    signal.removeEventListener('abort', endAll);
    signal.throwIfAborted();
  }
}

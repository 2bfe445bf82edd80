import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** How long one test may take; a wait inside it gives up earlier and says what it waited for. */
export const TEST_TIMEOUT_MS = { unit: 20_000, int: 90_000, e2e: 240_000 } as const;
export type Level = keyof typeof TEST_TIMEOUT_MS;

/** Node's arguments for the Jest of a tree, before Jest's own. */
export const jestOf = (tree: string): string[] => [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(tree, 'node_modules/jest/bin/jest.js'),
];

/**
 * Runs Jest in some copy of the tree, and answers its exit code.
 * @throws the signal's reason once it is aborted, with all that Jest started ended.
 */
export async function runJestIn(
  tree: string,
  arguments_: readonly string[],
  options: {
    /** What `testAddresses()` of libs/testing answers, of each worker; absent for tests without servers. */
    stacks?: Record<string, unknown>[] | undefined;
    /** Of what a person reads; Jest's JSON goes to a file. */
    stderr: 'ignore' | 'inherit';
    signal: AbortSignal;
  },
): Promise<number | null> {
  const { stacks, stderr, signal } = options;
  signal.throwIfAborted();
  const child = spawn(process.execPath, [...jestOf(tree), ...arguments_], {
    cwd: tree,
    stdio: ['ignore', 'ignore', stderr],
    // A process group of its own: Jest's workers do not end with it.
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

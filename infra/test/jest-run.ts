import { execFile, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { repositoryRoot } from '../repository-root.js';
import type { Count } from './count.js';

export type Level = 'unit' | 'int' | 'e2e';

/** How long one test may take; a wait inside it gives up earlier and says what it waited for. */
const TEST_TIMEOUT_MS: Record<Level, number> = { unit: 20_000, int: 90_000, e2e: 240_000 };

const JEST = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(repositoryRoot, 'node_modules/jest/bin/jest.js'),
];

/** The test files of a level with one of these in their path. */
export async function testFiles(level: Level, patterns: readonly string[]): Promise<string[]> {
  const asked = patterns.length > 0 ? ['--testPathPatterns', ...patterns] : [];
  const arguments_ = [...JEST, '--listTests', `--selectProjects=${level}`, ...asked];
  const { stdout } = await promisify(execFile)(process.execPath, arguments_, {
    cwd: repositoryRoot,
  });
  // Before them it says which projects it asks.
  return stdout.split('\n').filter(isAbsolute);
}

/** Runs one level of the tests and counts them. A run that dies before it can report is one failure. */
export async function runJest(options: {
  level: Level;
  /** Parts of paths; none means all. */
  patterns: string[];
  /** What `testAddresses()` of libs/testing answers, of each worker; absent for tests without servers. */
  stacks?: Record<string, unknown>[];
  signal: AbortSignal;
}): Promise<Count> {
  const report = join(tmpdir(), `effectively-once-jest-${options.level}-${process.pid}.json`);
  const child = spawn(
    process.execPath,
    [
      ...JEST,
      `--selectProjects=${options.level}`,
      '--json',
      `--outputFile=${report}`,
      `--testTimeout=${TEST_TIMEOUT_MS[options.level]}`,
      ...(options.stacks ? [`--maxWorkers=${options.stacks.length}`] : []),
      // Jest leaves one core free; nobody else needs it meanwhile.
      ...(options.level === 'unit' ? ['--maxWorkers=100%'] : []),
      ...(options.patterns.length > 0 ? ['--testPathPatterns', ...options.patterns] : []),
    ],
    {
      cwd: repositoryRoot,
      // Jest's JSON goes to the file; what a person reads goes to standard error.
      stdio: ['ignore', 'ignore', 'inherit'],
      // A process group of its own: Jest's workers do not end with it.
      detached: true,
      env: {
        ...process.env,
        NODE_ENV: 'test',
        ...(options.stacks ? { TEST_ADDRESSES: JSON.stringify(options.stacks) } : {}),
      },
    },
  );
  const endAll = () => void (child.pid && process.kill(-child.pid, 'SIGTERM'));
  options.signal.addEventListener('abort', endAll, { once: true });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  options.signal.removeEventListener('abort', endAll);
  options.signal.throwIfAborted();
  const count = readCount(report);
  if (exitCode !== 0 && count.failed === 0) return { ...count, failed: 1 };
  return count;
}

function readCount(report: string): Count {
  try {
    const result = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
    return {
      passed: result['numPassedTests'] ?? 0,
      // A file that cannot even be loaded has no tests to fail.
      failed: (result['numFailedTests'] ?? 0) + (result['numRuntimeErrorTestSuites'] ?? 0),
      skipped: (result['numPendingTests'] ?? 0) + (result['numTodoTests'] ?? 0),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(report, { force: true });
  }
}

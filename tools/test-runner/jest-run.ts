import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { repositoryRoot } from '../repository-root.js';
import type { Count } from './count.js';
import { jestOf, runJestIn, TEST_TIMEOUT_MS, type Level } from './jest.js';

const pathArguments = (patterns: readonly string[]) =>
  patterns.length > 0 ? ['--testPathPatterns', ...patterns] : [];

/** The test files of a level whose path contains one of the patterns. */
export async function testFiles(level: Level, patterns: readonly string[]): Promise<string[]> {
  const asked = ['--listTests', `--selectProjects=${level}`, ...pathArguments(patterns)];
  const arguments_ = [...jestOf(repositoryRoot), ...asked];
  const { stdout } = await promisify(execFile)(process.execPath, arguments_, {
    cwd: repositoryRoot,
  });
  // Jest prints its project names before the paths.
  return stdout.split('\n').filter(isAbsolute);
}

/**
 * Runs one level of the tests and counts them. A Jest that ends without a report is one failure.
 */
export async function runJest(options: {
  level: Level;
  /** Parts of paths; an empty list means all tests. */
  patterns: string[];
  /** For each Jest worker the result of `testAddresses()`. Absent for tests without servers. */
  stacks?: Record<string, unknown>[];
  signal: AbortSignal;
}): Promise<Count> {
  const { level, patterns, stacks, signal } = options;
  const report = join(tmpdir(), `effectively-once-jest-${level}-${process.pid}.json`);
  const arguments_ = [
    `--selectProjects=${level}`,
    '--json',
    `--outputFile=${report}`,
    `--testTimeout=${TEST_TIMEOUT_MS[level]}`,
    ...(stacks ? [`--maxWorkers=${stacks.length}`] : []),
    // Jest keeps one core free by default. Unit tests run alone, so they use it too.
    ...(level === 'unit' ? ['--maxWorkers=100%'] : []),
    ...pathArguments(patterns),
  ];
  const exitCode = await runJestIn(repositoryRoot, arguments_, {
    stacks,
    stderr: 'inherit',
    signal,
  });
  const count = readCount(report);
  if (exitCode !== 0 && count.failed === 0) return { ...count, failed: 1 };
  return count;
}

function readCount(report: string): Count {
  try {
    const result = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
    return {
      passed: result['numPassedTests'] ?? 0,
      // A file that does not load has no tests, so Jest counts no failed test for it.
      failed: (result['numFailedTests'] ?? 0) + (result['numRuntimeErrorTestSuites'] ?? 0),
      skipped: (result['numPendingTests'] ?? 0) + (result['numTodoTests'] ?? 0),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(report, { force: true });
  }
}

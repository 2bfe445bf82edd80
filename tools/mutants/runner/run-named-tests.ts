import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runJestIn, TEST_TIMEOUT_MS } from '../../test-runner/jest.js';
import type { MutantLevel, NamedTest } from '../mutant.js';

/** `did not run`: no test has that title, or its file does not load. This proves nothing. */
export type TestOutcome = 'passed' | 'failed' | 'did not run';

interface JestReport {
  testResults: {
    name: string;
    assertionResults: { title: string; status: string }[];
  }[];
}

/** Runs only the named tests, in a copy of the tree. */
export async function runNamedTests(
  tests: NamedTest[],
  options: {
    level: MutantLevel;
    tree: string;
    addresses?: Record<string, unknown>;
    signal: AbortSignal;
  },
): Promise<Map<NamedTest, TestOutcome>> {
  const { level, tree, addresses, signal } = options;
  const outputFile = join(tree, 'named-tests.json');
  rmSync(outputFile, { force: true });
  const titles = [...new Set(tests.map(({ title }) => title))].map(asPattern);
  const files = [...new Set(tests.map(({ file }) => file))].map(asPattern);
  const arguments_ = [
    `--selectProjects=${level}`,
    '--json',
    `--outputFile=${outputFile}`,
    `--testTimeout=${TEST_TIMEOUT_MS[level]}`,
    '--forceExit',
    `--testNamePattern=(${titles.join('|')})$`,
    '--testPathPatterns',
    ...files,
  ];
  const stacks = addresses && [addresses];
  await runJestIn(tree, arguments_, { stacks, stderr: 'ignore', signal });
  const report = readReport(outputFile);
  return new Map(tests.map((test) => [test, outcomeOf(test, report)]));
}

function outcomeOf({ file, title }: NamedTest, report: JestReport): TestOutcome {
  const ran = report.testResults
    .filter(({ name }) => name.endsWith(file))
    .flatMap(({ assertionResults }) => assertionResults)
    .filter((test) => test.title === title && ['passed', 'failed'].includes(test.status));
  if (ran.length === 0) return 'did not run';
  return ran.every(({ status }) => status === 'passed') ? 'passed' : 'failed';
}

function readReport(file: string): JestReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  } catch {
    // Jest ended before it wrote the report: no test ran.
    return { testResults: [] };
  }
}

const asPattern = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

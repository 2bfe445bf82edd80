import { Command, Option } from 'commander';
import pc from 'picocolors';
import { onInterrupt } from '../run/interrupt.js';
import { closingLine, total, type Count } from '../../test-runner/count.js';
import { runJest, testFiles } from '../../test-runner/jest-run.js';
import type { Level } from '../../test-runner/jest.js';
import { stacksForThisMachine } from '../../test-runner/side-by-side.js';
import { runStaticChecks } from '../../test-runner/static-checks.js';
import {
  startContainerTestStack,
  startNativeTestStack,
  type TestStack,
} from '../../test-runner/test-stack.js';

const command = new Command('npm test --')
  .description('Runs the tests on their own test stack, beside a running system.')
  .argument('[paths...]', 'parts of test file paths; default: all tests')
  .addOption(
    new Option('--level <level>', 'only this level').choices([
      'static',
      'unit',
      'int',
      'e2e',
      'long',
    ]),
  )
  .option('--sample', 'of the level long, only a few minutes', false)
  .addOption(
    new Option(
      '--stacks <number>',
      'number of test stacks side by side (default: 2 with 12 GB of memory and two cores, else 1)',
    ).choices(['1', '2', '3']),
  )
  .addHelpText(
    'after',
    '\nTEST_STACK=containers runs the integration tests on containers instead of processes.' +
      '\n\nExamples:' +
      '\n  npm test' +
      '\n  npm test -- --level unit apps/email' +
      '\n\nExit code: 0 everything passed, 1 something failed, 130 interrupted.',
  )
  .parse();

const { level, stacks, sample } = command.opts<{
  level?: Level | 'static';
  stacks?: string;
  sample: boolean;
}>();
// The tests read it: how much they do is theirs to know.
if (sample) process.env['LONG_SAMPLE'] = '1';
const patterns = command.args;
const onContainers = process.env['TEST_STACK'] === 'containers';
const kind = onContainers ? 'containers' : 'native';
const print = (line: string) => console.log(line);

const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));
const { signal } = interrupted;

const ONE_FAILURE: Count = { passed: 0, failed: 1, skipped: 0 };
const counts: Count[] = [];
const startedAtMs = performance.now();
try {
  if ((level ?? 'static') === 'static' && patterns.length === 0) {
    counts.push(await titled('format, lint, types', () => runStaticChecks({ signal, print })));
  }
  if ((await filesAsked('unit')) > 0) {
    counts.push(await titled('unit', () => runJest({ level: 'unit', patterns, signal })));
  }
  // Each level gets its own stack: the audit of an e2e test would report the data that integration
  // tests leave behind.
  for (const each of ['int', 'e2e', 'long'] as const) {
    const files = await filesAsked(each);
    if (files > 0) await testOnServers(each, files);
  }
  if (counts.length === 0) throw new Error(`no test path contains ${patterns.join(' or ')}`);
} catch (error) {
  print(pc.red(error instanceof Error ? error.message : String(error)));
  counts.push(ONE_FAILURE);
}
if (signal.aborted) {
  print('interrupted: the remaining tests did not run');
  process.exit(130);
}
const all = total(counts);
print(`\n${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
print(closingLine(all));
process.exit(all.failed === 0 ? 0 : 1);

async function filesAsked(one: Level): Promise<number> {
  // A container test stack has no apps, so it cannot run end-to-end tests.
  if ((one === 'e2e' || one === 'long') && onContainers) return 0;
  // Only if it is asked for: the other levels together must stay within 20 minutes.
  if (one === 'long' && level !== 'long') return 0;
  if ((level ?? one) !== one) return 0;
  return (await testFiles(one, patterns)).length;
}

/** Starts one stack per Jest worker: two tests on one stack would count each other's records. */
async function testOnServers(each: 'int' | 'e2e' | 'long', files: number): Promise<void> {
  // The memory of Docker is unknown. On a Mac it is a small part of the machine's memory.
  const carried = onContainers ? 1 : stacksForThisMachine();
  const many = Math.min(Number(stacks ?? carried), files);
  const started: TestStack[] = [];
  const before = total(counts).failed;
  try {
    // One after the other: a stack reserves its port block only when it listens on it.
    for (let which = 1; which <= many; which++) {
      const title = many === 1 ? 'test stack' : `test stack ${which} of ${many}`;
      started.push(await titled(`${title} (${kind})`, () => start(each)));
    }
    const addresses = started.map((stack) => stack.addresses);
    counts.push(
      await titled(each, () => runJest({ level: each, patterns, stacks: addresses, signal })),
    );
  } finally {
    const keepLogs = total(counts).failed > before;
    const leftovers = await Promise.all(started.map((stack) => stack.stop({ keepLogs })));
    if (leftovers.flat().length > 0) {
      print(pc.red(`still running after the tests: ${leftovers.flat().join(', ')}`));
      counts.push(ONE_FAILURE);
    }
  }
}

async function start(each: 'int' | 'e2e' | 'long'): Promise<TestStack> {
  if (onContainers) return await startContainerTestStack();
  return await startNativeTestStack({ apps: each !== 'int', signal, print });
}

async function titled<Result>(title: string, run: () => Promise<Result>): Promise<Result> {
  print(pc.bold(`\n${title}`));
  return await run();
}

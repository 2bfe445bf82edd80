import { Command, Option } from 'commander';
import pc from 'picocolors';
import { onInterrupt } from '../run/interrupt.js';
import { closingLine, total, type Count } from '../../test-runner/count.js';
import { runJest, testFiles } from '../../test-runner/jest-run.js';
import type { Level } from '../../test-runner/jest.js';
import { stacksThisMachineCarries } from '../../test-runner/side-by-side.js';
import { runStaticChecks } from '../../test-runner/static-checks.js';
import {
  startContainerTestStack,
  startNativeTestStack,
  type TestStack,
} from '../../test-runner/test-stack.js';

const command = new Command('test')
  .description('runs every test on a stack of its own, beside whatever is running')
  .argument('[paths...]', 'parts of test paths; all tests when there is none')
  .addOption(
    new Option('--level <level>', 'only this level').choices(['static', 'unit', 'int', 'e2e']),
  )
  .addOption(
    new Option(
      '--stacks <number>',
      'how many stacks to test on side by side; unless told, 2 on a machine with 12 GB of memory and two cores',
    ).choices(['1', '2', '3']),
  )
  .addHelpText(
    'after',
    '\nTEST_STACK=containers runs the integration level on containers instead of processes.' +
      '\nExit code: 0 everything passed, 1 something failed, 130 interrupted.',
  )
  .parse();

const { level, stacks } = command.opts<{
  level?: Level | 'static';
  stacks?: string;
}>();
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
  // Each on a stack of its own: what integration tests leave behind would be findings end to end.
  for (const each of ['int', 'e2e'] as const) {
    const files = await filesAsked(each);
    if (files > 0) await testOnServers(each, files);
  }
  if (counts.length === 0) throw new Error(`no test has ${patterns.join(' or ')} in its path`);
} catch (error) {
  print(pc.red(error instanceof Error ? error.message : String(error)));
  counts.push(ONE_FAILURE);
}
if (signal.aborted) {
  print('interrupted: what had not been tested by then was not');
  process.exit(130);
}
const all = total(counts);
print(`\n${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
print(closingLine(all));
process.exit(all.failed === 0 ? 0 : 1);

async function filesAsked(one: Level): Promise<number> {
  // On containers there are no apps to tell an end-to-end story with.
  if (one === 'e2e' && onContainers) return 0;
  if ((level ?? one) !== one) return 0;
  return (await testFiles(one, patterns)).length;
}

/** On a stack for each of Jest's workers, because two tests on one would count each other's records. */
async function testOnServers(each: 'int' | 'e2e', files: number): Promise<void> {
  // How much memory Docker has is not known: on a Mac it is a small part of the machine's.
  const carried = onContainers ? 1 : stacksThisMachineCarries();
  const many = Math.min(Number(stacks ?? carried), files);
  const started: TestStack[] = [];
  const before = total(counts).failed;
  try {
    // One after the other: a block of ports is taken by whoever listens on it.
    for (let which = 1; which <= many; which++) {
      const title = many === 1 ? 'a stack to test on' : `stack ${which} of ${many} to test on`;
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

async function start(each: 'int' | 'e2e'): Promise<TestStack> {
  if (onContainers) return await startContainerTestStack();
  return await startNativeTestStack({ apps: each === 'e2e', signal, print });
}

async function titled<Result>(title: string, run: () => Promise<Result>): Promise<Result> {
  print(pc.bold(`\n${title}`));
  return await run();
}

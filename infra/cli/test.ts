import { Command, Option } from 'commander';
import pc from 'picocolors';
import { onInterrupt } from '../interrupt.js';
import { closingLine, total, type Count } from '../test/count.js';
import { runJest, type Level } from '../test/jest-run.js';
import { runStaticChecks } from '../test/static-checks.js';
import { startContainerTestStack, startNativeTestStack } from '../test/test-stack.js';

const command = new Command('test')
  .description('runs every test on a stack of its own, beside whatever is running')
  .argument('[paths...]', 'parts of test paths; all tests when there is none')
  .addOption(
    new Option('--level <level>', 'only this level').choices(['static', 'unit', 'int', 'e2e']),
  )
  .addHelpText(
    'after',
    '\nTEST_STACK=containers runs the integration level on containers instead of processes.' +
      '\nExit code: 0 everything passed, 1 something failed.',
  )
  .parse();

const { level } = command.opts<{ level?: Level | 'static' }>();
const patterns = command.args;
const onContainers = process.env['TEST_STACK'] === 'containers';
const print = (line: string) => console.log(line);

const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));
const { signal } = interrupted;

const ONE_FAILURE: Count = { passed: 0, failed: 1, skipped: 0 };
const counts: Count[] = [];
const startedAtMs = performance.now();
try {
  if (runs('static') && patterns.length === 0) {
    counts.push(await titled('format, lint, types', () => runStaticChecks({ signal, print })));
  }
  if (runs('unit')) {
    counts.push(await titled('unit', () => runJest({ level: 'unit', patterns, signal })));
  }
  // Each on a stack of its own: what integration tests leave behind would be findings end to end.
  if (runs('int')) await testOnServers('int');
  if (runs('e2e')) await testOnServers('e2e');
} catch (error) {
  print(pc.red(error instanceof Error ? error.message : String(error)));
  counts.push(ONE_FAILURE);
}
const all = total(counts);
print(`\n${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
print(closingLine(all));
process.exit(all.failed === 0 ? 0 : 1);

function runs(asked: Level | 'static'): boolean {
  // On containers there are no apps to tell an end-to-end story with.
  if (asked === 'e2e' && onContainers) return false;
  return level === undefined || level === asked;
}

async function testOnServers(each: 'int' | 'e2e'): Promise<void> {
  const stack = await titled(
    `a stack to test on (${onContainers ? 'containers' : 'native'})`,
    () =>
      onContainers
        ? startContainerTestStack()
        : startNativeTestStack({ apps: each === 'e2e', signal, print }),
  );
  const before = total(counts).failed;
  try {
    const { addresses } = stack;
    counts.push(await titled(each, () => runJest({ level: each, patterns, addresses, signal })));
  } finally {
    const keepLogs = total(counts).failed > before;
    const leftovers = await stack.stop({ keepLogs });
    if (leftovers.length > 0) {
      print(pc.red(`still running after the tests: ${leftovers.join(', ')}`));
      counts.push(ONE_FAILURE);
    }
  }
}

async function titled<Result>(title: string, run: () => Promise<Result>): Promise<Result> {
  print(pc.bold(`\n${title}`));
  return await run();
}

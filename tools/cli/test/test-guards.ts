import { Command, Option } from 'commander';
import pc from 'picocolors';
import { levelOf, type Guard, type GuardLevel, type NamedTest } from '../../mutants/mutant.js';
import { GUARDS } from '../../mutants/mutants.js';
import { runNamedTests, type TestOutcome } from '../../mutants/run-named-tests.js';
import { ScratchCopy } from '../../mutants/scratch-copy.js';
import { onInterrupt } from '../run/interrupt.js';
import { closingLine } from '../../test-runner/count.js';
import { startNativeTestStack, type TestStack } from '../../test-runner/test-stack.js';

const command = new Command('test:guards')
  .description('takes each guard out of a copy of the code, and shows the test that notices')
  .argument('[words...]', 'only guards whose description or file has one of these; all by default')
  .addOption(new Option('--level <level>', 'only guards of this level').choices(['unit', 'int']))
  .addHelpText(
    'after',
    '\nThe working tree is never touched. Integration tests get servers of their own.' +
      '\nExit code: 0 no guard can be removed unnoticed, 1 one can, or is not there any more.',
  )
  .parse();

const words = command.args;
const { level } = command.opts<{ level?: GuardLevel }>();
const guards = GUARDS.filter(
  (guard) =>
    (level === undefined || levelOf(guard) === level) &&
    (words.length === 0 || words.some((word) => `${guard.removing} ${guard.file}`.includes(word))),
);
if (guards.length === 0) command.error('no such guard');

const print = (line: string) => console.log(line);
const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));
const { signal } = interrupted;

let passed = 0;
let stack: TestStack | undefined;
let failed = 0;
const copy = ScratchCopy.make();
try {
  if (guards.some((guard) => levelOf(guard) === 'int')) {
    print(pc.bold('a stack to test on'));
    stack = await startNativeTestStack({ apps: false, signal, print });
  }
  print(pc.bold(`\n${guards.length} guards: with all of them in place`));
  const before = await runAll(guards.map(({ test }) => test));
  print(pc.bold('\nand without'));
  for (const guard of guards) {
    if (await isNoticed(guard, before.get(guard.test) ?? 'did not run')) passed += 1;
    else failed += 1;
  }
} catch (error) {
  print(pc.red(error instanceof Error ? error.message : String(error)));
  failed += 1;
} finally {
  copy.remove();
  const leftovers = (await stack?.stop({ keepLogs: false })) ?? [];
  if (leftovers.length > 0) print(pc.red(`still running: ${leftovers.join(', ')}`));
  failed += leftovers.length;
}
print(`\n${closingLine({ passed, failed, skipped: 0 })}`);
process.exit(failed === 0 ? 0 : 1);

async function runAll(tests: NamedTest[]): Promise<Map<NamedTest, TestOutcome>> {
  const outcomes = new Map<NamedTest, TestOutcome>();
  for (const each of ['unit', 'int'] as const) {
    const ofLevel = guards.filter((guard) => levelOf(guard) === each).map(({ test }) => test);
    if (ofLevel.length === 0) continue;
    const ran = await run(ofLevel, each);
    for (const [test, outcome] of ran) outcomes.set(test, outcome);
    const green = [...ran.values()].filter((outcome) => outcome === 'passed').length;
    print(`${green} of ${ran.size} ${each} tests pass`);
  }
  return new Map(tests.map((test) => [test, outcomes.get(test) ?? 'did not run']));
}

async function run(tests: NamedTest[], of: GuardLevel): Promise<Map<NamedTest, TestOutcome>> {
  const addresses = of === 'int' && stack ? { addresses: stack.addresses } : {};
  return await runNamedTests(tests, { level: of, tree: copy.path, signal, ...addresses });
}

async function isNoticed(guard: Guard, before: TestOutcome): Promise<boolean> {
  const startedAtMs = performance.now();
  const after = before === 'passed' ? await failing(guard) : undefined;
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  const named = `${guard.test.file}\n    ${guard.test.title}`;
  if (after === 'failed') {
    print(`${pc.green('✔')} ${guard.removing} (${seconds} s)\n    ${pc.dim(named)}`);
    return true;
  }
  const why = after === undefined ? `its test ${before} already` : `and its test ${after}`;
  print(`${pc.red('✘')} ${guard.removing}: ${why}\n    ${named}`);
  return false;
}

async function failing(guard: Guard): Promise<TestOutcome> {
  const ran = await copy.without(guard, () => run([guard.test], levelOf(guard)));
  return ran.get(guard.test) ?? 'did not run';
}

import { Command, Option } from 'commander';
import pc from 'picocolors';
import { levelOf, type Mutant, type MutantLevel, type NamedTest } from '../../mutants/mutant.js';
import { MUTANTS } from '../../mutants/mutants.js';
import { runNamedTests, type TestOutcome } from '../../mutants/runner/run-named-tests.js';
import { ScratchCopy } from '../../mutants/runner/scratch-copy.js';
import { onInterrupt } from '../run/interrupt.js';
import { closingLine } from '../../test-runner/count.js';
import { startNativeTestStack, type TestStack } from '../../test-runner/test-stack.js';

const command = new Command('npm run test:guards --')
  .description('Mutation testing: breaks a copy of the code and expects a named test to fail.')
  .argument('[words...]', 'only mutants with one of these words in description or file')
  .addOption(new Option('--level <level>', 'only tests of this level').choices(['unit', 'int']))
  .addHelpText(
    'after',
    '\nIt does not change the working tree. Integration tests get their own servers.' +
      '\n\nExamples:' +
      '\n  npm run test:guards' +
      '\n  npm run test:guards -- --level unit checkout' +
      '\n\nExit code: 0 every mutant is killed, 1 a mutant survives or no longer fits the code.',
  )
  .parse();

const words = command.args;
const { level } = command.opts<{ level?: MutantLevel }>();
const mutants = MUTANTS.filter(
  (mutant) =>
    (level === undefined || levelOf(mutant) === level) &&
    (words.length === 0 ||
      words.some((word) => `${mutant.mutation} ${mutant.file}`.includes(word))),
);
if (mutants.length === 0) command.error('no mutant matches');

const print = (line: string) => console.log(line);
const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));
const { signal } = interrupted;

let passed = 0;
let stack: TestStack | undefined;
let failed = 0;
const copy = ScratchCopy.make();
try {
  if (mutants.some((mutant) => levelOf(mutant) === 'int')) {
    print(pc.bold('test stack'));
    stack = await startNativeTestStack({ apps: false, signal, print });
  }
  print(pc.bold(`\n${mutants.length} mutants: their tests without any mutation`));
  const before = await runAll(mutants.map(({ test }) => test));
  print(pc.bold('\nwith each mutation'));
  for (const mutant of mutants) {
    if (await isKilled(mutant, before.get(mutant.test) ?? 'did not run')) passed += 1;
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
    const ofLevel = mutants.filter((mutant) => levelOf(mutant) === each).map(({ test }) => test);
    if (ofLevel.length === 0) continue;
    const ran = await run(ofLevel, each);
    for (const [test, outcome] of ran) outcomes.set(test, outcome);
    const green = [...ran.values()].filter((outcome) => outcome === 'passed').length;
    print(`${green} of ${ran.size} ${each} tests pass`);
  }
  return new Map(tests.map((test) => [test, outcomes.get(test) ?? 'did not run']));
}

async function run(tests: NamedTest[], of: MutantLevel): Promise<Map<NamedTest, TestOutcome>> {
  const addresses = of === 'int' && stack ? { addresses: stack.addresses } : {};
  return await runNamedTests(tests, { level: of, tree: copy.path, signal, ...addresses });
}

async function isKilled(mutant: Mutant, before: TestOutcome): Promise<boolean> {
  const startedAtMs = performance.now();
  const after = before === 'passed' ? await outcomeWith(mutant) : undefined;
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  const named = `${mutant.test.file}\n    ${mutant.test.title}`;
  if (after === 'failed') {
    print(`${pc.green('✔')} ${mutant.mutation} (${seconds} s)\n    ${pc.dim(named)}`);
    return true;
  }
  const why =
    after === undefined ? `without the mutation its test ${before}` : `survives: its test ${after}`;
  print(`${pc.red('✘')} ${mutant.mutation}: ${why}\n    ${named}`);
  return false;
}

async function outcomeWith(mutant: Mutant): Promise<TestOutcome> {
  const ran = await copy.withMutant(mutant, () => run([mutant.test], levelOf(mutant)));
  return ran.get(mutant.test) ?? 'did not run';
}

import { worstStatus } from '@effectively-once/audit';
import { planOf } from '@effectively-once/scenarios/faults/plan';
import { Command } from 'commander';
import pc from 'picocolors';
import { FAULTS, titleOf, type InjectedFault } from '../../faults/fault.js';
import { needsOperator } from '../../faults/repair.js';
import { randomFrom } from '../../faults/random.js';
import { recoveryTable, type Recoveries } from '../../faults/recovery-table.js';
import { runRound } from '../../faults/round.js';
import { plannedLine, runPlan } from '../../faults/run-plan.js';
import { onInterrupt } from '../run/interrupt.js';
import { closingLine } from '../../test-runner/count.js';
import { startNativeTestStack } from '../../test-runner/test-stack.js';
import { auditTable } from '../tables/audit-table.js';
import { fromOne, wholeNumber } from '../clients/whole-number.js';

const command = new Command('npm run test:faults --')
  .description('Fault injection: breaks the system under load and audits every payment afterwards.')
  .option('--rounds <n>', 'number of faults, one after the other', fromOne, 5)
  .option('--seed <n>', 'repeat the rounds of an earlier run', wholeNumber, Date.now() % 1_000_000)
  .option(
    '--only <words>',
    'only faults whose name contains these words; separate several with commas',
  )
  .option('--each', 'inject every fault --rounds times', false)
  .option('--plan <seed>', 'replay what the scheduler of the page “Break things” did')
  .option('--list', 'only print what --plan breaks, and when', false)
  .addHelpText(
    'after',
    `\nThe faults:\n  ${FAULTS.map(titleOf).join('\n  ')}\n` +
      '\nRuns on its own test stack.' +
      '\n\nExamples:' +
      '\n  npm run test:faults -- --rounds 1' +
      '\n  npm run test:faults -- --plan rough-2m-4711' +
      '\n  npm run test:faults -- --plan rough-2m-4711 --list' +
      '\n  npm run test:faults -- --only "kill -9 at email,zombie" --each' +
      '\n\nExit code: 0 nothing is lost or doubled, 1 a round failed.',
  )
  .parse();

const options = command.opts<{
  rounds: number;
  seed: number;
  only?: string;
  each: boolean;
  plan?: string;
  list: boolean;
}>();
const { seed, each, only = '' } = options;
const faults = FAULTS.filter((fault) =>
  only.split(',').some((one) => titleOf(fault).includes(one)),
);
const plan = options.plan === undefined ? undefined : planOf(options.plan);
if (options.plan !== undefined && !plan) {
  command.error(`not a seed of the page “Break things”: ${options.plan}`);
}
if (options.list) {
  for (const planned of plan ?? command.error('--list needs --plan SEED'))
    console.log(plannedLine(planned));
  process.exit(0);
}
if (faults.length === 0) command.error(`unknown fault: ${only}. --help lists the faults.`);
const rounds = plan ? 1 : each ? options.rounds * faults.length : options.rounds;
const recoveries = new Map<string, Recoveries>();
const print = (line: string) => console.log(line);
const random = randomFrom(seed);
const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));

print(plan ? `${plan.length} faults, --plan ${options.plan}` : `${rounds} rounds, --seed ${seed}`);
const stack = await startNativeTestStack({ apps: true, signal: interrupted.signal, print });
let failed = 0;
let round = 0;
try {
  while (round < rounds && !interrupted.signal.aborted) {
    round += 1;
    const at = each ? (round - 1) % faults.length : Math.floor(random() * faults.length);
    const fault = faults[at] as InjectedFault;
    if (!(plan ? await isPlanSurvived(plan) : await isSurvived(fault))) failed += 1;
  }
} finally {
  const leftovers = await stack.stop({ keepLogs: failed > 0 });
  if (leftovers.length > 0) {
    failed += 1;
    print(pc.red(`still running after the rounds: ${leftovers.join(', ')}`));
  }
}
if (recoveries.size > 0) print(`\n${recoveryTable([...recoveries.values()])}\n`);
print(closingLine({ passed: round - failed, failed, skipped: 0 }));
process.exit(failed === 0 ? 0 : 1);

async function isPlanSurvived(planned: NonNullable<typeof plan>): Promise<boolean> {
  const { signal } = interrupted;
  const { offered, paid, report } = await runPlan(stack, planned, { print, signal });
  const isClean = worstStatus(report) === 'ok' && paid === offered;
  print(
    `${isClean ? pc.green('✔') : pc.red('✘')} ${paid} of ${offered} paid, audit ${worstStatus(report)}`,
  );
  if (!isClean) print(`${auditTable(report)}\nrepeat with --plan ${options.plan}`);
  return isClean;
}

async function isSurvived(fault: InjectedFault): Promise<boolean> {
  const title = `round ${round}/${rounds}: ${titleOf(fault)}`;
  try {
    const {
      offered,
      paid,
      recoveredMs,
      republished: publishedAgain,
      report,
    } = await runRound(stack, fault, random);
    const isClean = worstStatus(report) === 'ok' && paid === offered;
    print(
      `${isClean ? pc.green('✔') : pc.red('✘')} ${title}: ${paid} of ${offered} paid, ` +
        `recovered ${(recoveredMs / 1_000).toFixed(1)} s after its end, audit ${worstStatus(report)}`,
    );
    if (isClean) remember(fault, recoveredMs, publishedAgain);
    else print(`${auditTable(report)}\nrepeat with --seed ${seed}`);
    return isClean;
  } catch (error) {
    print(`${pc.red('✘')} ${title}: ${error instanceof Error ? error.message : String(error)}`);
    print(`repeat with --seed ${seed}`);
    return false;
  }
}

/** Adds a clean round to the table. A failed round did not recover, so it is only in the list. */
function remember(fault: InjectedFault, recoveredMs: number, publishedAgain: number): void {
  const title = titleOf(fault);
  const row = recoveries.get(title) ?? {
    title,
    repairedByOperator: needsOperator(fault),
    recoveredMs: [],
    republished: [],
  };
  row.recoveredMs.push(recoveredMs);
  row.republished.push(publishedAgain);
  recoveries.set(title, row);
}

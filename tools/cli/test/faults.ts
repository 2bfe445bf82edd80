import { worstStatus } from '@effectively-once/audit';
import { Command } from 'commander';
import pc from 'picocolors';
import { FAULTS, titleOf, type Fault } from '../../faults/fault.js';
import { needsAPerson } from '../../faults/repair.js';
import { randomFrom } from '../../faults/random.js';
import { recoveryTable, type Recoveries } from '../../faults/recovery-table.js';
import { runRound } from '../../faults/round.js';
import { onInterrupt } from '../run/interrupt.js';
import { closingLine } from '../../test-runner/count.js';
import { startNativeTestStack } from '../../test-runner/test-stack.js';
import { auditTable } from '../tables/audit-table.js';
import { fromOne, wholeNumber } from '../clients/whole-number.js';

const command = new Command('test:faults')
  .description('breaks something while payments come in, and audits what became of every payment')
  .option('--rounds <n>', 'how many faults, one after the other', fromOne, 5)
  .option('--seed <n>', 'repeats the rounds of an earlier run', wholeNumber, Date.now() % 1_000_000)
  .option(
    '--only <words>',
    'only faults whose name has these words in it, such as "kill -9 at email"; several, separated by commas',
  )
  .option('--each', 'every fault in turn, as many rounds as --rounds says', false)
  .addHelpText(
    'after',
    `\nThe faults:\n  ${FAULTS.map(titleOf).join('\n  ')}\n` +
      '\nRuns on a stack of its own. Exit code: 0 nothing lost or doubled, 1 else.',
  )
  .parse();

const options = command.opts<{ rounds: number; seed: number; only?: string; each: boolean }>();
const { seed, each, only = '' } = options;
const faults = FAULTS.filter((fault) =>
  only.split(',').some((one) => titleOf(fault).includes(one)),
);
if (faults.length === 0) command.error(`no such fault: ${only}. --help lists them.`);
const rounds = each ? options.rounds * faults.length : options.rounds;
const recoveries = new Map<string, Recoveries>();
const print = (line: string) => console.log(line);
const random = randomFrom(seed);
const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));

print(`${rounds} rounds, --seed ${seed}`);
const stack = await startNativeTestStack({ apps: true, signal: interrupted.signal, print });
let failed = 0;
let round = 0;
try {
  while (round < rounds && !interrupted.signal.aborted) {
    round += 1;
    const at = each ? (round - 1) % faults.length : Math.floor(random() * faults.length);
    const fault = faults[at] as Fault;
    if (!(await isSurvived(fault))) failed += 1;
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

async function isSurvived(fault: Fault): Promise<boolean> {
  const title = `round ${round}/${rounds}: ${titleOf(fault)}`;
  try {
    const { offered, paid, recoveredMs, publishedAgain, report } = await runRound(
      stack,
      fault,
      random,
    );
    const isClean = worstStatus(report) === 'ok' && paid === offered;
    print(
      `${isClean ? pc.green('✔') : pc.red('✘')} ${title}: ${paid} of ${offered} paid, ` +
        `everywhere ${(recoveredMs / 1_000).toFixed(1)} s after it was over, audit ${worstStatus(report)}`,
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

/** A round that failed has not recovered: it is in the list above, and in no table. */
function remember(fault: Fault, recoveredMs: number, publishedAgain: number): void {
  const title = titleOf(fault);
  const row = recoveries.get(title) ?? {
    ...{ title, byAPerson: needsAPerson(fault) },
    ...{ recoveredMs: [], publishedAgain: [] },
  };
  row.recoveredMs.push(recoveredMs);
  row.publishedAgain.push(publishedAgain);
  recoveries.set(title, row);
}

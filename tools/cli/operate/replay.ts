import { auditWhenQuiet, connectionsTo, UnreadableStore, verdictOf } from '@effectively-once/audit';
import { CONSUMERS } from '@effectively-once/contracts';
import { newClient } from '@effectively-once/postgres/connections';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createInterface } from 'node:readline/promises';
import { EffectsUnknown } from '../../replay/known-effects.js';
import { ReplayRefused } from '../../replay/offsets/plan-rewind.js';
import { assertNoSecondReceipt, planOffsets, replayOffsets } from '../../replay/replay-offsets.js';
import { planPayments, replayPayments } from '../../replay/replay-payments.js';
import { replayRequest, type ReplayArguments } from '../../replay/replay-request.js';
import { appControl } from '../../stack/app-control.js';
import { readEnvironment } from '../../stack/environment.js';
import { auditSources } from '../clients/audit-sources.js';
import { pastTime } from '../clients/past-time.js';
import { fromOne, wholeNumber } from '../clients/whole-number.js';
import { onInterrupt } from '../run/interrupt.js';
import { offsetPlanText, paymentPlanText, verdictText } from '../tables/replay-table.js';
import { stepLines } from '../tables/step-lines.js';

const EXIT = { done: 0, refused: 1, failed: 2, interrupted: 130 } as const;
const STATEMENT_TIMEOUT_MS = 60_000;
const AUDIT_WAIT_MS = 120_000;

const command = new Command('npm run replay --')
  .description(
    'Delivers events to one consumer once more. An effect that has happened is absorbed.\n' +
      'Prints its plan first, and at the end what the audit says about every payment.',
  )
  .addOption(
    new Option('--consumer <name>', 'the only consumer that gets them')
      .choices(CONSUMERS)
      .makeOptionMandatory(),
  )
  .option('--from <time>', 'events since then: an ISO time, or 2h, 30m, 1d', (text) =>
    pastTime(text),
  )
  .option('--partition <p>', 'one partition of payment.completed, with --offset', wholeNumber)
  .option('--offset <n>', 'its first offset', offset)
  .option(
    '--from-payments',
    'build the events from the rows of payments, also those that the topic no longer has; ' +
      'with --from: of payments that completed since then',
  )
  .option('--rate <n>', 'with --from-payments: at most this many per second', fromOne, 200)
  .option('--dry-run', 'show the plan, and change nothing')
  .option('--yes', 'do not ask on a terminal')
  .addHelpText(
    'after',
    `
Examples:
  npm run replay -- --consumer loyalty --from 2h --dry-run
  npm run replay -- --consumer search --from 2026-11-20T12:00:00Z
  npm run replay -- --consumer loyalty --partition 3 --offset 1200
  npm run replay -- --consumer email --from-payments --from 10d --rate 50

By time or by offset, the command stops the consumer, sets its offsets back and starts it again. If
the command dies in between, the consumer is started again within three minutes. --from-payments
stops nothing: it sends to the consumer's redrive topic.

A receipt is never mailed twice without evidence. Email's replay is refused if neither its
deduplication marker nor the mail provider can say whether a receipt was mailed.

Exit code: 0 done and the audit is clean, 1 refused or the audit found a violation, 2 the command
failed, 130 interrupted.`,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.done : EXIT.failed))
  .parse();

type Options = ReplayArguments & { rate: number; dryRun?: true; yes?: true };

const options = command.opts<Options>();
const environment = readEnvironment();
const sources = auditSources(environment);
const { onStep, onProgress, endLine } = stepLines(process.stderr, 'replay');
const interrupted = new AbortController();
// A second Ctrl-C ends the command at once. A stopped consumer is then started by its deadline.
void onInterrupt(() => process.exit(EXIT.interrupted)).then(() =>
  interrupted.abort(new Error('interrupted')),
);
const connections = connectionsTo(sources);
const shared = {
  consumer: options.consumer,
  brokers: sources.kafkaBrokers,
  connections,
  signal: interrupted.signal,
  report: { onStep, onProgress },
};

process.exit(await run().catch(explain));

async function run(): Promise<number> {
  const request = replayRequest(options);
  const isDone = await (request.kind === 'offsets'
    ? byOffsets(request.wanted)
    : fromPayments(request.since));
  return isDone ? await auditNow() : EXIT.done;
}

/** @returns whether something was replayed. */
async function byOffsets(wanted: Parameters<typeof planOffsets>[0]['wanted']): Promise<boolean> {
  const asked = { ...shared, wanted };
  const plan = await planOffsets(asked);
  endLine();
  console.log(offsetPlanText(plan, Date.now()));
  assertNoSecondReceipt(plan);
  if (plan.partitions.length === 0 || !(await mayGoOn())) return false;
  await replayOffsets(plan, { ...asked, control: await appControl(environment) });
  return true;
}

async function fromPayments(since: Date): Promise<boolean> {
  const payments = newClient({
    connectionString: sources.paymentsUrl,
    applicationName: 'replay',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  await payments.connect();
  try {
    const asked = { ...shared, payments, since, ratePerS: options.rate };
    const plan = await planPayments(asked);
    endLine();
    console.log(paymentPlanText(plan, Date.now()));
    if (plan.sent === 0 || !(await mayGoOn())) return false;
    await replayPayments(plan, asked);
    return true;
  } finally {
    await payments.end();
  }
}

/** Asks only on a terminal: in a script, the plan of a dry run was read before. */
async function mayGoOn(): Promise<boolean> {
  if (options.dryRun) return false;
  if (options.yes || !process.stdin.isTTY) return true;
  const dialog = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const { signal } = interrupted;
    const answer = await dialog.question(`go on with ${options.consumer}? [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    dialog.close();
  }
}

async function auditNow(): Promise<number> {
  onStep('auditing every payment in every store');
  const report = await auditWhenQuiet({
    sources,
    waitMaxMs: AUDIT_WAIT_MS,
    onWaiting: () => interrupted.signal.throwIfAborted(),
  });
  const verdict = verdictOf(report);
  console.log(verdictText(verdict));
  if (verdict.lost + verdict.doubled + verdict.other === 0) return EXIT.done;
  onStep('npm run audit names the payments');
  return EXIT.refused;
}

function explain(error: unknown): number {
  const { message } = error as Error;
  if (interrupted.signal.aborted) {
    onStep(`interrupted; ${options.consumer} runs and continues by itself; repeating is safe`);
    return EXIT.interrupted;
  }
  onStep(message);
  if (error instanceof UnreadableStore) onStep('no verdict; npm run status shows what runs');
  const isRefused = error instanceof ReplayRefused || error instanceof EffectsUnknown;
  return isRefused ? EXIT.refused : EXIT.failed;
}

function offset(text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('must be a whole number.');
}

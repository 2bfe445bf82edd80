import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { worstStatus } from '@effectively-once/audit';
import { Command } from 'commander';
import pc from 'picocolors';
import { startServers } from '../../bench/processes/start-servers.js';
import { peakPicture } from '../../bench/peak/peak-picture.js';
import { barsOf, peakTable, summaryLines, type PeakReport } from '../../bench/peak/peak-report.js';
import { runPeak } from '../../bench/peak/peak-run.js';
import { shownMachine, thisMachine } from '../../bench/statistics/this-machine.js';
import { repositoryRoot } from '../../repository-root.js';
import { fromOne } from '../clients/whole-number.js';
import { onInterrupt } from '../run/interrupt.js';
import { auditTable } from '../tables/audit-table.js';
import { auditOfRun } from './audit-of-run.js';
import { barLine } from './bar-line.js';

/** A hundred million checkouts a day. */
const PEAK_PER_S = 1_150;
const PROGRAMS = [
  'postgres',
  'kafka',
  'connect',
  'redis',
  'elasticsearch',
  'third-parties',
  'payments',
];
const PICTURE = join(repositoryRoot, 'docs/pictures/peak.svg');

const command = new Command('npm run bench:peak --')
  .description('Offers far more checkouts than payments can make, and shows what becomes of them.')
  .option('--rate <n>', 'checkouts offered per second: an open loop', fromOne, PEAK_PER_S)
  .option('--seconds <n>', 'length of the peak', fromOne, 60)
  .option('--warm-up <n>', 'checkouts before the measurement', fromOne, 4_000)
  .option('--closed-seconds <n>', 'length of the closed loop before it', fromOne, 15)
  .option('--picture', 'draw docs/pictures/peak.svg', false)
  .option('--json', 'print one JSON object', false)
  .addHelpText(
    'after',
    '\nStarts its own servers and payments, beside a running system. First a closed loop shows how' +
      '\nmany checkouts payments makes; then the peak; then the consumers start, one after the other,' +
      '\nand drain what has been published; then the audit checks every payment in every store.' +
      '\n\nThe load is its own process on the same machine: what it uses, payments lacks. A refused' +
      '\ncheckout is not retried. Latencies count from the time at which a checkout was due.' +
      '\n\nExamples:' +
      '\n  npm run bench:peak' +
      '\n  npm run bench:peak -- --rate 2000 --seconds 20' +
      '\n\nExit code: 0 nothing is lost and the audit of this run is clean, 1 otherwise. A missed' +
      '\nlimit does not fail: machines differ.',
  )
  .parse();
const { rate, seconds, warmUp, closedSeconds, picture, json } = command.opts<{
  rate: number;
  warmUp: number;
  seconds: number;
  closedSeconds: number;
  picture: boolean;
  json: boolean;
}>();
const print = (line: string) => (json ? console.error(line) : console.log(line));

const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));

try {
  const report = await measure(interrupted.signal);
  if (picture) writeFileSync(PICTURE, peakPicture(report));
  if (json) console.log(JSON.stringify(report, null, 2));
  process.exit(report.audit === 'ok' && report.lost.length === 0 ? 0 : 1);
} catch (error) {
  console.error(pc.red(error instanceof Error ? error.message : String(error)));
  process.exit(1);
}

async function measure(signal: AbortSignal): Promise<PeakReport> {
  const machine = thisMachine();
  print(shownMachine(machine));
  const options = { perSecond: rate, seconds, warmUp, closedSeconds };
  const started = await startServers({ names: PROGRAMS, nodeEnv: 'development', signal, print });
  try {
    const run = await runPeak({ started, signal, print }, options);
    const audit = await auditOfRun(started.environment);
    const at = new Date().toISOString();
    const report = { at, machine, options, ...run, audit: worstStatus(audit) };
    print(`\n${peakTable(report)}\n`);
    for (const line of summaryLines(report)) print(line);
    print('');
    for (const bar of barsOf(report)) print(barLine(...bar));
    print(`\nthe audit of this run:\n${auditTable(audit)}`);
    return report;
  } finally {
    await started.stop();
  }
}

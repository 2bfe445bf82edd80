import { setMaxListeners } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { checkoutsOfManyUsers, type Checkouts } from '../../bench/load/checkouts.js';
import { CONTESTANTS, contestants, type ContestantName } from '../../bench/pipeline/contestants.js';
import { pipelinePicture } from '../../bench/pipeline/report/pipeline-picture.js';
import * as reports from '../../bench/pipeline/report/pipeline-report.js';
import * as tables from '../../bench/pipeline/report/pipeline-tables.js';
import { playTurn, type TurnResult } from '../../bench/pipeline/run/turn.js';
import {
  startPipelineStack,
  type PipelineStack,
} from '../../bench/pipeline/stack/pipeline-stack.js';
import { shownMachine, thisMachine } from '../../bench/statistics/this-machine.js';
import { fromOne } from '../clients/whole-number.js';
import { onInterrupt } from '../run/interrupt.js';
import { barLine } from './bar-line.js';

/** The budget of docs/measured.md. */
const RATIO_MIN = 0.5;
const ROUNDS_MAX = 20;

const command = new Command('npm run bench:pipeline --')
  .description(
    'Compares the whole way of a payment: bare drivers (the limit), ours, and what tutorials teach.',
  )
  .option('--rounds <n>', `rounds; the contestants take turns (at most ${ROUNDS_MAX})`, rounds, 2)
  .option('--seconds <n>', 'length of the load of each turn', fromOne, 20)
  .option('--clients <n>', 'clients of the closed loop', fromOne, 32)
  .option('--only <names>', `some contestants: ${CONTESTANTS.join(',')}`, names, [...CONTESTANTS])
  .option('--no-kill', 'without the turns with kill -9')
  .option('--picture <file>', 'also draw the result as SVG', fileName)
  .option('--json', 'print one JSON object', false)
  .addHelpText(
    'after',
    '\nStarts its own servers beside a running system. In each turn every store is emptied, one' +
      '\ncontestant starts, warms up, gets the load and is measured until every effect is done and every' +
      '\noffset committed. Then every payment is counted in the stores: the same questions for all.' +
      '\n\n  raw       node:http, pg, Debezium, kafkajs, nodemailer: a batch at a time, no guarantee' +
      '\n  ours      payments, Debezium, email, loyalty and search, as npm start runs them' +
      '\n  tutorial  NestJS, TypeORM save in a transaction, an outbox polled every second, one effect at a time' +
      '\n\nWith kill -9: email after a third of the load; after two thirds the connector, in the tutorial' +
      '\nthe relay. CPU counts all processes but this one, which makes the load; the console and' +
      '\nPrometheus do not run (npm run bench:cost has them).' +
      '\n\nExamples:' +
      '\n  npm run bench:pipeline' +
      '\n  npm run bench:pipeline -- --only raw,ours --no-kill --rounds 3' +
      '\n  npm run bench:pipeline -- --picture docs/pictures/pipeline.svg' +
      '\n\nExit code: 0 ours lost nothing and doubled only what it declares, 1 it did, or something failed.' +
      '\nA missed limit does not fail: machines differ.',
  )
  .parse();
const options = command.opts<{
  rounds: number;
  seconds: number;
  clients: number;
  only: ContestantName[];
  kill: boolean;
  picture?: string;
  json: boolean;
}>();
const print = (line: string) => (options.json ? console.error(line) : console.log(line));

const interrupted = new AbortController();
const { signal } = interrupted;
// Every started process waits for this signal.
setMaxListeners(0, signal);
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));

try {
  const report = await run();
  printReport(report);
  process.exitCode = reports.oursIsClean(report) ? 0 : 1;
} catch (error) {
  console.error(pc.red(error instanceof Error ? error.message : String(error)));
  process.exitCode = signal.aborted ? 130 : 1;
}

async function run(): Promise<reports.PipelineReport> {
  const { clients, seconds } = options;
  const report: reports.PipelineReport = {
    version: 1,
    at: new Date().toISOString(),
    machine: thisMachine(),
    load: { clients, seconds, rounds: options.rounds },
    turns: [],
    kills: [],
  };
  print(shownMachine(report.machine));
  const stack = await startPipelineStack({ signal, print });
  try {
    const checkouts = await checkoutsOfManyUsers(stack.environment);
    for (let round = 1; round <= options.rounds; round += 1)
      for (const contestant of options.only)
        report.turns.push(await play(`round ${round}`, contestant, { stack, checkouts }));
    for (const contestant of options.kill ? options.only : [])
      report.kills.push(await play('kill -9', contestant, { stack, checkouts }));
  } finally {
    await stack.stop();
  }
  return report;
}

async function play(
  what: string,
  contestant: ContestantName,
  { stack, checkouts }: { stack: PipelineStack; checkouts: Checkouts },
): Promise<TurnResult> {
  const { title } = contestants[contestant];
  print(`${what}, ${title}: warm-up, then ${options.seconds} s of load …`);
  const { clients, seconds } = options;
  const kills = what === 'kill -9';
  const turn = { contestant, clients, seconds, kills, signal };
  const result = await playTurn(stack, checkouts, turn);
  const { lost, doubled } = reports.lostAndDoubled(result.audit);
  print(
    `  ${result.acceptedPerS.toFixed(0)}/s accepted, ${result.drainedPerS.toFixed(0)}/s drained, ` +
      `${lost} lost, ${doubled} doubled` +
      (result.ourAudit ? `, audit ${result.ourAudit}` : '') +
      (result.drain === 'stuck' ? ', the rest never came' : ''),
  );
  return result;
}

function printReport(report: reports.PipelineReport): void {
  const { turns, kills } = report;
  const summaries = reports.summarize(turns);
  const ratio = reports.ratioToRaw(turns);
  print(`\n${tables.speedTable(summaries)}`);
  print(`\n${tables.lossTable('without faults', turns)}`);
  if (kills.length > 0)
    print(`\n${tables.lossTable('kill -9 of email and of relay or connector', kills)}`);
  if (options.picture) {
    mkdirSync(dirname(options.picture), { recursive: true });
    writeFileSync(options.picture, pipelinePicture(report));
    print(`\nthe picture: ${options.picture}`);
  }
  if (ratio) {
    const what = 'whole pipeline, closed loop, everything drained: ours / the raw chain';
    const shown = tables.withSpread(ratio, 2);
    print(`\n${barLine(what, ratio.median, { atLeast: RATIO_MIN }, shown)}`);
  }
  if (options.json) console.log(JSON.stringify({ ...report, summaries, ratio }, null, 2));
}

/** @throws InvalidArgumentError, which commander prints with the name of the option. */
function names(text: string): ContestantName[] {
  const asked = text.split(',');
  const known = CONTESTANTS.filter((name) => asked.includes(name));
  if (known.length === asked.length) return known;
  throw new InvalidArgumentError(`must be some of ${CONTESTANTS.join(',')}.`);
}

/** @throws InvalidArgumentError */
function rounds(text: string): number {
  const count = fromOne(text);
  if (count <= ROUNDS_MAX) return count;
  throw new InvalidArgumentError(`must be at most ${ROUNDS_MAX}.`);
}

/** @throws InvalidArgumentError for the option behind it: `--picture --json`. */
function fileName(text: string): string {
  if (!text.startsWith('-')) return text;
  throw new InvalidArgumentError('must be a file.');
}

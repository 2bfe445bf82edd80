import { cpus, loadavg, totalmem } from 'node:os';
import { worstStatus } from '@effectively-once/audit';
import { Argument, Command } from 'commander';
import pc from 'picocolors';
import { checkoutsOfManyUsers } from '../../bench/load/checkouts.js';
import type { Spread } from '../../bench/statistics/spread.js';
import type { StreamTarget } from '../../bench/stream/alternate.js';
import { withProcesses } from '../../bench/cpu/container-processes.js';
import { measureCost, type Compared, type Cost } from '../../bench/stream/cost.js';
import { measureFirstContent, type FirstContent } from '../../bench/stream/first-content.js';
import { measureIdle, type IdleCost } from '../../bench/stream/idle.js';
import { gzippedPageBytes, PAGE_BYTES_MAX } from '../../bench/stream/page-size.js';
import { findBrowser } from '../pictures/find-browser.js';
import { addresses } from '../../stack/addresses.js';
import { readEnvironment } from '../../stack/environment.js';
import { appUrl } from '../clients/app-url.js';
import { demoToken } from '../clients/demo-token.js';
import { fromOne } from '../clients/whole-number.js';
import { occupiedMode } from '../run/choose-mode.js';
import { auditTable } from '../tables/audit-table.js';
import { auditOfRun } from './audit-of-run.js';
import { barLine } from './bar-line.js';

const PARTS = ['size', 'cost', 'idle', 'first-content'] as const;
/** The parts that need the running system. */
type LivePart = Exclude<(typeof PARTS)[number], 'size'>;
const IDLE_ROUNDS = 4;
const IDLE_SECONDS = 10;
const LIMITS = {
  pageBytes: PAGE_BYTES_MAX,
  throughput: 0.95,
  cpu: 1.05,
  firstContentMs: 300,
  liveMs: 1_000,
};

const command = new Command('npm run bench:stream --')
  .description('Measures what the control room costs the running system, and how soon it is there.')
  .addArgument(new Argument('[parts...]', 'default: all, about 6 minutes').choices(PARTS))
  .option('--rounds <n>', 'of cost: how often no page and one open stream take turns', fromOne, 8)
  .option('--seconds <n>', 'of cost: length of the load in each phase', fromOne, 5)
  .option('--clients <n>', 'of cost: checkouts at once (a closed loop)', fromOne, 8)
  .option('--json', 'print one JSON object', false)
  .addHelpText(
    'after',
    '\nClose all pages of the control room first: they would be in every figure.' +
      '\nfirst-content needs Chrome or Chromium; CHROME_PATH names one that is not found.' +
      '\nWhere containers run in a virtual machine, CPU means that of the apps, without the servers.' +
      '\n\nExamples:' +
      '\n  npm run bench:stream -- cost --rounds 12' +
      '\n  npm run -s bench:stream -- size first-content --json' +
      '\n\nExit code: 0 the audit of this run is clean, 1 it is not, or something failed. A missed' +
      '\nlimit does not fail: machines differ.',
  )
  .parse();

interface Figures {
  machine: { cores: number; gigabytes: number; loadAverage: number };
  pageBytes?: Record<string, number>;
  cost?: Cost;
  idle?: IdleCost;
  firstContent?: FirstContent;
  audit?: string;
}

const { rounds, seconds, clients, json } = command.opts<{
  rounds: number;
  seconds: number;
  clients: number;
  json: boolean;
}>();
const asked = command.processedArgs[0] as (typeof PARTS)[number][];
const parts = PARTS.filter((name) => asked.length === 0 || asked.includes(name));
const print = (line: string) => (json ? console.error(line) : console.log(line));
const environment = readEnvironment();

try {
  process.exitCode = await measureAll();
} catch (error) {
  console.error(pc.red(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}

async function measureAll(): Promise<0 | 1> {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const machine = { cores: cpus().length, gigabytes, loadAverage: loadavg()[0] ?? NaN };
  print(`${machine.cores} cores, ${gigabytes} GB, load ${machine.loadAverage.toFixed(1)}`);
  const figures: Figures = { machine };
  if (parts.includes('size')) printSize((figures.pageBytes = gzippedPageBytes()));
  const live = parts.filter((name) => name !== 'size');
  const isClean = live.length === 0 || (await measureSystem(live, figures));
  if (json) console.log(JSON.stringify(figures, null, 2));
  return isClean ? 0 : 1;
}

/** @returns whether the audit afterwards is clean, and every payment was paid. */
async function measureSystem(live: LivePart[], figures: Figures): Promise<boolean> {
  const target = await streamTarget();
  for (const name of live) {
    print(pc.bold(`\n${name}`));
    await measure(name, target, figures);
  }
  const report = await auditOfRun(environment);
  figures.audit = worstStatus(report);
  print(`\nthe audit of this run:\n${auditTable(report)}`);
  return figures.audit === 'ok' && (figures.cost?.failed ?? 0) === 0;
}

async function streamTarget(): Promise<StreamTarget> {
  const mode = await occupiedMode(undefined, environment);
  const services = await mode?.services(environment);
  if (!services) throw new Error('nothing is running; npm start starts it');
  const token = await demoToken(environment, { userId: 'bench', role: 'operator' });
  return {
    consoleUrl: appUrl(environment, 'CONSOLE'),
    token,
    services: await withProcesses(services, environment),
    print,
  };
}

async function measure(name: LivePart, target: StreamTarget, figures: Figures): Promise<void> {
  switch (name) {
    case 'cost':
      figures.cost = await measureCost({ ...target, ...(await load()), rounds, seconds, clients });
      return printCost(figures.cost);
    case 'idle':
      figures.idle = await measureIdle(target, { rounds: IDLE_ROUNDS, seconds: IDLE_SECONDS });
      return printIdle(figures.idle);
    case 'first-content': {
      const browserPath = findBrowser();
      if (!browserPath) return print('  not measured: there is no Chrome or Chromium here');
      figures.firstContent = await measureFirstContent(target, browserPath);
      return printFirstContent(figures.firstContent);
    }
    default:
      return name satisfies never;
  }
}

async function load() {
  const brokers = addresses(environment, { journalFolder: '' }).KAFKA_BROKERS ?? '';
  return {
    brokers: brokers.split(','),
    paymentsUrl: appUrl(environment, 'PAYMENTS'),
    checkouts: await checkoutsOfManyUsers(environment),
  };
}

function printSize(bytes: Record<string, number>): void {
  for (const [file, size] of Object.entries(bytes)) print(`  ${file.padEnd(12)} ${size} B gzipped`);
  const total = Object.values(bytes).reduce((sum, size) => sum + size, 0);
  const shown = `${(total / 1_000).toFixed(1)} kB gzipped`;
  print(barLine('the page', total, { atMost: LIMITS.pageBytes }, shown));
}

function printCost({ perSecond, cpuMsPerPayment, consoleCpuMsPerS, ...more }: Cost): void {
  const { audits, received, paid, failed } = more;
  const throughput = compared(perSecond, 'a second');
  const cpu = compared(cpuMsPerPayment, 'ms a payment');
  print(`  ${paid} paid, ${failed} not; ${received.events} events, ${received.bytes} B received`);
  print(`  audits of the console meanwhile: ${audits.without} without, ${audits.with} with`);
  print(`  CPU of the console: ${compared(consoleCpuMsPerS, 'ms a second')}`);
  print(barLine('payments', perSecond.ratio.median, { atLeast: LIMITS.throughput }, throughput));
  print(barLine('CPU of the stack', cpuMsPerPayment.ratio.median, { atMost: LIMITS.cpu }, cpu));
}

function printIdle({ console: own, stack, audits }: IdleCost): void {
  print(`  audits of the console meanwhile: ${audits.without} without, ${audits.with} with`);
  print(`  CPU of the console: ${compared(own, 'ms a second')}`);
  print(`  CPU of the stack: ${compared(stack, 'ms a second')}`);
}

function printFirstContent({ firstContentfulPaintMs: paint, liveMs }: FirstContent): void {
  print(barLine('first content', paint.median, { atMost: LIMITS.firstContentMs }, inMs(paint)));
  print(barLine('Overview live', liveMs.median, { atMost: LIMITS.liveMs }, inMs(liveMs)));
}

function compared({ without, with: beside, ratio }: Compared, unit: string): string {
  const { median, min, max } = ratio;
  const times = `${median.toFixed(3)} (${min.toFixed(3)} to ${max.toFixed(3)})`;
  return `${figure(without)} without, ${figure(beside)} with a stream ${unit}, ratio ${times}`;
}

function inMs({ median, min, max }: Spread): string {
  return `${median.toFixed(0)} ms (${min.toFixed(0)} to ${max.toFixed(0)})`;
}

function figure(value: number): string {
  return value.toFixed(value >= 100 ? 0 : 1);
}

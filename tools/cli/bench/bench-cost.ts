import { join } from 'node:path';
import { worstStatus } from '@effectively-once/audit';
import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { compareReports, type ReportPair } from '../../bench/cost/compare.js';
import * as tables from '../../bench/cost/cost-tables.js';
import { highestRate } from '../../bench/cost/highest-rate.js';
import { sumOfCpu } from '../../bench/cost/ledger.js';
import * as measure from '../../bench/cost/measure-rate.js';
import { readPrices } from '../../bench/cost/price-model.js';
import { newReport, readReport, type CostReport } from '../../bench/cost/report.js';
import { openSources, type CostSources } from '../../bench/cost/sources/sources.js';
import { withProcesses } from '../../bench/cpu/container-processes.js';
import { memoryMb } from '../../bench/cpu/memory.js';
import { checkoutsOfManyUsers } from '../../bench/load/checkouts.js';
import { shownMachine, thisMachine } from '../../bench/statistics/this-machine.js';
import { repositoryRoot } from '../../repository-root.js';
import { addresses } from '../../stack/addresses.js';
import { readEnvironment } from '../../stack/environment.js';
import { appUrl } from '../clients/app-url.js';
import { fromOne } from '../clients/whole-number.js';
import { occupiedMode } from '../run/choose-mode.js';
import { auditTable } from '../tables/audit-table.js';
import { auditOfRun } from './audit-of-run.js';
import { barLine } from './bar-line.js';

const RATED_PER_S = 115;
const RATES_MAX = 8;
const TRIES_MAX = 8;
/** The budget of docs/measured.md. */
const BUDGET = {
  idleMsPerS: 250,
  memoryMb: 2_500,
  coreMs: 7,
  checkout: { p50: 15, p99: 100 },
  effect: { p50: 60, p99: 250 },
};

const command = new Command('npm run bench:cost --')
  .description('Measures what one payment costs the running system: CPU, bytes, messages, money.')
  .option('--rate <n>', 'payments per second: an open loop', fromOne, RATED_PER_S)
  .option('--rates <list>', 'several rates, with commas: 10,40,115', rateList)
  .option('--highest', `search the highest rate that holds: ${TRIES_MAX} tries at most`, false)
  .option('--seconds <n>', 'length of the load at each rate', fromOne, 30)
  .option('--idle <n>', 'seconds without payments, measured before', fromOne, 20)
  .option(
    '--prices <file>',
    'the price table',
    join(repositoryRoot, 'tools/bench/cost/prices.json'),
  )
  .option('--compare <files...>', 'compare with earlier outputs of --json')
  .option('--measured <files...>', 'compare these outputs of --json, instead of measuring')
  .option('--json', 'print one JSON object', false)
  .addHelpText(
    'after',
    '\nEvery figure is without what the idle system would have used in the same time, from the first' +
      '\npayment until every consumer has committed every record. This process makes the load, and is' +
      '\nin no sum. A message is a TCP segment with data: on one machine about one write.' +
      `\n\nA rate holds if ${measure.HOLDS_MEANS}.` +
      '\n\nTwo commits: measure them in turns, then compare the pairs. The ratio is a median of pairs.' +
      '\nClose all pages of the control room first: they would be in every figure.' +
      '\n\nExamples:' +
      '\n  npm run bench:cost -- --rates 10,40,115' +
      '\n  npm run -s bench:cost -- --json > before-1.json' +
      '\n  npm run bench:cost -- --compare before-1.json before-2.json --measured after-1.json after-2.json' +
      '\n\nExit code: 0 the audit of this run is clean, 1 it is not, or something failed. A missed' +
      '\nlimit does not fail: machines differ.',
  )
  .parse();
const options = command.opts<{
  rate: number;
  rates?: number[];
  highest: boolean;
  seconds: number;
  idle: number;
  prices: string;
  compare?: string[];
  measured?: string[];
  json: boolean;
}>();
const print = (line: string) => (options.json ? console.error(line) : console.log(line));

try {
  process.exitCode = await run();
} catch (error) {
  console.error(pc.red(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}

async function run(): Promise<0 | 1> {
  // Before the measurement: a wrong file must not be found out after it.
  const earlier = (options.compare ?? []).map(readReport);
  const given = options.measured?.map(readReport);
  if (given && given.length !== earlier.length)
    throw new Error('--compare and --measured need the same number of files: they form pairs');
  const report = given ? undefined : await measureAll();
  const pairs = earlier.map((before, n) => ({ before, after: (given?.[n] ?? report)! }));
  const compared = comparison(pairs);
  if (options.json) console.log(JSON.stringify({ ...report, compared }, null, 2));
  const isClean =
    !report || (report.audit === 'ok' && report.rates.every(({ failed }) => failed === 0));
  return isClean ? 0 : 1;
}

function comparison(pairs: ReportPair[]) {
  if (pairs.length === 0) return undefined;
  const figures = compareReports(pairs);
  print(`\npairs of runs: ${pairs.length}; a ratio below 1 is cheaper or faster; --json has more`);
  print(tables.comparisonTable(figures.filter(({ what }) => !isCounter(what))));
  return figures;
}

/** There are hundreds of counters. The printed table has CPU and latency only. */
function isCounter(what: string): boolean {
  return what.endsWith('(B)') || what.endsWith('(times)');
}

async function measureAll(): Promise<CostReport> {
  const environment = readEnvironment();
  const prices = readPrices(options.prices);
  const mode = await occupiedMode(undefined, environment);
  const services = await mode?.services(environment);
  if (!mode || !services) throw new Error('nothing is running; npm start starts it');
  const processes = await withProcesses(services, environment);
  const sources = await openSources(environment, { mode: mode.name, services: processes });
  try {
    const load = await loadOf(environment);
    const report = await measureRates(load, sources, prices);
    const audit = await auditOfRun(environment);
    printReport(report);
    print(`\nthe audit of this run:\n${auditTable(audit)}`);
    return { ...report, audit: worstStatus(audit) };
  } finally {
    await sources.close();
  }
}

async function loadOf(environment: ReturnType<typeof readEnvironment>): Promise<measure.CostLoad> {
  const { KAFKA_BROKERS = '' } = addresses(environment, { journalFolder: '' });
  return {
    paymentsUrl: appUrl(environment, 'PAYMENTS'),
    consumerUrls: {
      email: appUrl(environment, 'EMAIL'),
      loyalty: appUrl(environment, 'LOYALTY'),
      search: appUrl(environment, 'SEARCH'),
    },
    brokers: KAFKA_BROKERS.split(','),
    checkouts: await checkoutsOfManyUsers(environment),
  };
}

async function measureRates(
  load: measure.CostLoad,
  sources: CostSources,
  prices: ReturnType<typeof readPrices>,
): Promise<Omit<CostReport, 'audit'>> {
  const machine = thisMachine();
  print(shownMachine(machine));
  print('warm-up …');
  await measure.warmUp(load);
  print(`${options.idle} s without payments …`);
  const idle = await measure.measureIdleSystem(sources, options.idle);
  const mb = memoryMb(sources.services);
  const { currency } = prices;
  const at = new Date().toISOString();
  const report = newReport({ at, machine, idle, currency, ...(mb ? { memoryMb: mb } : {}) });
  const { seconds } = options;
  const measured = async (rate: number) => {
    print(`${rate}/s for ${seconds} s …`);
    return await measure.measureRate(load, sources, { rate, seconds, idle, prices });
  };
  const rates = options.rates ?? [options.rate];
  for (const rate of rates) report.rates.push(await measured(rate));
  if (options.highest) await searchHighest(report, measured);
  return report;
}

/** The report gets the figures of the highest rate that held, unless it has them. */
async function searchHighest(
  report: Omit<CostReport, 'audit'>,
  measured: (rate: number) => Promise<CostReport['rates'][number]>,
): Promise<void> {
  const tried = new Map(report.rates.map((each) => [each.rate, each]));
  const from = Math.max(...tried.keys());
  const highest = await highestRate({ from, triesMax: TRIES_MAX }, async (rate) => {
    const result = tried.get(rate) ?? (await measured(rate));
    tried.set(rate, result);
    const holds = measure.rateHolds(result);
    print(`  ${rate}/s ${holds ? 'holds' : 'does not hold'}`);
    return holds;
  });
  const found = highest === undefined ? undefined : tried.get(highest);
  if (highest === undefined || !found) return print('no rate holds');
  report.highest = highest;
  if (!report.rates.includes(found)) report.rates.push(found);
}

function printReport(report: Omit<CostReport, 'audit'>): void {
  const { highest } = report;
  print(`\n${tables.processTable(report)}\n\n${tables.connectionTable(report)}`);
  print(`\n${tables.storeTable(report)}\n\n${tables.latencyTable(report)}`);
  print(`\n${tables.costTable(report)}`);
  print(`The prices are those of ${options.prices}: edit them.`);
  if (highest) print(`\nthe highest rate that holds: ${highest}/s (${measure.HOLDS_MEANS})`);
  print('');
  for (const line of barLines(report)) print(line);
}

function barLines({ idle, memoryMb: mb, rates }: Omit<CostReport, 'audit'>): string[] {
  const idleMs = sumOfCpu(idle.cpuMsPerS);
  const lines = [barLine('idle, ms of CPU a second', idleMs, { atMost: BUDGET.idleMsPerS })];
  if (mb) {
    const all = Object.values(mb).reduce((sum, each) => sum + each, 0);
    lines.push(barLine('memory at rest, MB', all, { atMost: BUDGET.memoryMb }));
  }
  const rated = rates.find(({ rate }) => rate === RATED_PER_S);
  if (!rated) return lines;
  const { coreMs } = rated.ledger;
  lines.push(
    barLine(`core-ms of a payment at ${RATED_PER_S}/s`, coreMs, { atMost: BUDGET.coreMs }),
  );
  for (const [what, { p50, p99 }] of Object.entries(rated.latencyMs)) {
    const bars = what === 'checkout' ? BUDGET.checkout : BUDGET.effect;
    lines.push(barLine(`${what} p50, ms`, p50, { atMost: bars.p50 }));
    lines.push(barLine(`${what} p99, ms`, p99, { atMost: bars.p99 }));
  }
  return lines;
}

/** @throws InvalidArgumentError, which commander prints with the name of the option. */
function rateList(text: string): number[] {
  const rates = [...new Set(text.split(',').map(fromOne))].sort((one, other) => one - other);
  if (rates.length <= RATES_MAX) return rates;
  throw new InvalidArgumentError(`must be at most ${RATES_MAX} rates.`);
}

import { Argument, Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import type { GrowthAxis, GrowthPart } from '../../bench/growth/growth.js';
import { growthTable } from '../../bench/growth/growth-table.js';
import { auditGrowth } from '../../bench/growth/parts/audit-growth.js';
import { deadLetterGrowth } from '../../bench/growth/parts/dead-letter-growth.js';
import { backlogGrowth, usersGrowth } from '../../bench/growth/parts/drain-growth.js';
import { tableGrowth } from '../../bench/growth/parts/table-growth.js';
import { startServers } from '../../bench/processes/start-servers.js';
import { shownMachine, thisMachine } from '../../bench/statistics/this-machine.js';
import { onInterrupt } from '../run/interrupt.js';

const PARTS = {
  audit: auditGrowth,
  'dead-letters': deadLetterGrowth,
  backlog: backlogGrowth,
  users: usersGrowth,
  tables: tableGrowth,
};
type PartName = keyof typeof PARTS;
const NAMES = Object.keys(PARTS) as PartName[];
// Without the connector: it would read the generated rows from the write-ahead log.
const SERVERS = ['postgres', 'kafka', 'redis', 'elasticsearch'];

const command = new Command('npm run bench:growth --')
  .description(
    'Shows how cost and latency grow with the backlog, users, days of data and failures.',
  )
  .addArgument(new Argument('[parts...]', 'default: all').choices(NAMES))
  .option('--scale <factor>', 'makes every size smaller, such as 0.01', factor, 1)
  .option('--json', 'print one JSON object', false)
  .addHelpText(
    'after',
    '\nStarts its own servers, beside a running system, and fills them with generated payments. Each' +
      '\npart measures several sizes. "n^0.00" is flat, "n^1.00" grows as fast as the size.' +
      '\n\n  audit         a full audit of 1,000, 10,000 and 100,000 payments' +
      '\n  dead-letters  the console with 100, 10,000 and 100,000 dead letters' +
      '\n  backlog       loyalty works off 10,000, 100,000 and 1,000,000 records' +
      '\n  users         loyalty works off 100,000 records of 10, 1,000 and 100,000 users' +
      '\n  tables        checkouts, points and pages with 0 to 10,000,000 old rows; needs 20 GB' +
      '\n\nExamples:' +
      '\n  npm run bench:growth' +
      '\n  npm run bench:growth -- audit users --scale 0.1' +
      '\n\nExit code: 0 every record has its one effect and every audit is clean, 1 otherwise.',
  )
  .parse();
const { scale, json } = command.opts<{ scale: number; json: boolean }>();
const asked = command.processedArgs[0] as PartName[];
const print = (line: string) => (json ? console.error(line) : console.log(line));

const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));

try {
  const axes = await measure(interrupted.signal);
  if (json) console.log(JSON.stringify({ at: new Date().toISOString(), scale, axes }, null, 2));
  process.exit(axes.every(({ faults }) => faults.length === 0) ? 0 : 1);
} catch (error) {
  console.error(pc.red(error instanceof Error ? error.message : String(error)));
  process.exit(1);
}

async function measure(signal: AbortSignal): Promise<GrowthAxis[]> {
  print(shownMachine(thisMachine()));
  const axes: GrowthAxis[] = [];
  for (const name of NAMES.filter((one) => asked.length === 0 || asked.includes(one))) {
    print(pc.bold(`\n${name}`));
    const axis = await measurePart(name, signal);
    axes.push(axis);
    print(growthTable(axis));
    for (const fault of axis.faults) print(pc.red(`✘ ${fault}`));
  }
  return axes;
}

/** Each part has servers of its own, in which nothing else is. */
async function measurePart(name: PartName, signal: AbortSignal): Promise<GrowthAxis> {
  const started = await startServers({ names: SERVERS, nodeEnv: 'development', signal, print });
  try {
    const scaled = (size: number) => Math.ceil(size * scale);
    return await PARTS[name]({ started, signal, print, scaled } satisfies GrowthPart);
  } finally {
    await started.stop();
  }
}

function factor(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('Give a number above 0, at most 1.');
}

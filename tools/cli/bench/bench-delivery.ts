import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Argument, Command } from 'commander';
import pc from 'picocolors';
import { measureLoyalty } from '../../bench/delivery/loyalty-drain.js';
import { measureParking } from '../../bench/delivery/parking.js';
import type { Part } from '../../bench/delivery/part.js';
import { measureRatio } from '../../bench/delivery/ratio.js';
import { onInterrupt } from '../run/interrupt.js';
import { startNativeTestStack } from '../../test-runner/test-stack.js';
import { fromOne } from '../clients/whole-number.js';
import { barLine } from './bar-line.js';

const PARTS = ['ratio', 'loyalty', 'parking'] as const;

const command = new Command('npm run bench:delivery --')
  .description('Measures records per second, against the stock Nest transport in the same run.')
  .addArgument(new Argument('[parts...]', 'default: all; parking takes 9 minutes').choices(PARTS))
  .option('--rounds <n>', 'rounds of the part parking', fromOne, 10)
  .addHelpText(
    'after',
    '\nStarts its own servers, beside a running system. Each part ends with an audit of its run.' +
      '\n\nExample:' +
      '\n  npm run bench:delivery -- ratio loyalty' +
      '\n\nExit code: 0 every audit is clean, 1 one is not. Low speed does not fail: machines differ.',
  )
  .parse();

const { rounds } = command.opts<{ rounds: number }>();
const asked = command.processedArgs[0] as (typeof PARTS)[number][];
const parts = PARTS.filter((name) => asked.length === 0 || asked.includes(name));
const print = (line: string) => console.log(line);

const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));
const { signal } = interrupted;

const logFolder = mkdtempSync(join(tmpdir(), 'effectively-once-bench-'));
const dirty: string[] = [];
const stack = await startNativeTestStack({ apps: false, signal, print });
try {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  print(`\n${cpus().length} cores, ${gigabytes} GB, shared by the servers and what is measured`);
  const { environment, addresses } = stack;
  const part: Part = {
    environment,
    brokers: String(addresses['KAFKA_BROKERS']).split(','),
    logFolder,
    signal,
    print,
    bar: (...figure) => print(barLine(...figure)),
  };
  for (const name of parts) {
    print(pc.bold(`\n${name}`));
    if ((await measure(name, part)) === 'not clean') dirty.push(name);
  }
} catch (error) {
  print(pc.red(error instanceof Error ? error.message : String(error)));
  dirty.push('a part failed');
} finally {
  const leftovers = await stack.stop({ keepLogs: false });
  if (leftovers.length > 0) dirty.push(`still running: ${leftovers.join(', ')}`);
}
if (dirty.length === 0) rmSync(logFolder, { recursive: true });
else print(pc.red(`\nnot clean: ${dirty.join('; ')}. Logs: ${logFolder}`));
process.exit(dirty.length === 0 ? 0 : 1);

async function measure(name: (typeof PARTS)[number], part: Part): Promise<'clean' | 'not clean'> {
  switch (name) {
    case 'ratio':
      return await measureRatio(part);
    case 'loyalty':
      return await measureLoyalty(part);
    case 'parking':
      return await measureParking(part, { rounds });
    default:
      return name satisfies never;
  }
}

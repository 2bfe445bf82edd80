import { Command } from 'commander';
import pc from 'picocolors';
import { readEnvironment, type Environment } from '../../stack/environment.js';
import { onInterrupt } from './interrupt.js';
import type { ModeName, Started } from '../../stack/mode.js';
import { chooseMode, modeOption, otherModeOnSamePorts, runningMode } from './choose-mode.js';
import { showFirstPayment } from './first-payment.js';
import { placesToLook } from './places-to-look.js';

const command = new Command('npm start --')
  .description('Starts everything, makes one payment, and runs until Ctrl-C.')
  .addOption(modeOption)
  .option('--detach', 'return when everything is healthy; npm stop stops it', false)
  .addHelpText(
    'after',
    '\nExamples:' +
      '\n  npm start' +
      '\n  npm start -- --mode native --detach' +
      '\n\nExit code: 0 it was stopped (or runs detached), 1 it could not start.',
  )
  .parse();

const options = command.opts<{ mode?: ModeName; detach: boolean }>();
const startedAt = performance.now();
const print = (line: string) => console.log(line);
const starting = new AbortController();
let started: Started | undefined;

const interrupted = onInterrupt(() => started?.kill());
void interrupted.then(() => {
  print(pc.dim('\nstopping …'));
  starting.abort(new Error('interrupted'));
});

try {
  await run();
  process.exit();
} catch (error) {
  if (starting.signal.aborted) print('interrupted while starting; everything is stopped');
  else
    process.stderr.write(`\n${pc.red(error instanceof Error ? error.message : String(error))}\n`);
  process.exit(1);
}

async function run(): Promise<void> {
  const environment = readEnvironment();
  const running = await runningMode(options.mode, environment);
  if (running) {
    print(`already running (${running.name}); npm run status shows it, npm stop stops it`);
    process.exitCode = options.detach ? 0 : 1;
    return;
  }
  const { mode, why } = await chooseMode(options.mode, environment);
  const other = await otherModeOnSamePorts(mode, environment);
  if (other) {
    throw new Error(
      `The system is already running in ${other.name} mode, on the same ports. ` +
        `To stop it: npm stop -- --mode ${other.name}`,
    );
  }
  print(`starting effectively-once (${mode.name}: ${why})`);
  const { signal } = starting;
  started = await mode.start({ environment, detach: options.detach, signal, print });

  print(`everything is healthy after ${seconds()} s; a first payment:`);
  const firstPayment = showFirstPayment({ environment, print }).catch((error: Error) => {
    // The system keeps running, so that the user can look for the cause.
    print(pc.red(`  ✘ ${error.message}`));
    process.exitCode = 1;
  });
  await Promise.race([firstPayment, interrupted]);
  if (!signal.aborted) await stayUp(started, environment);
  if (options.detach && !signal.aborted) return;
  await started.stop();
  print(['everything is stopped', ...started.places].join('\n  '));
}

async function stayUp({ places, ended }: Started, environment: Environment): Promise<void> {
  print(['', ...placesToLook(environment), ...places].join('\n  '));
  if (options.detach) {
    print(
      `up after ${seconds()} s. npm run pay -- --user alice --amount 1299 makes a payment, ` +
        'npm stop stops everything',
    );
    return;
  }
  print(`up after ${seconds()} s. Ctrl-C stops everything`);
  await Promise.race([interrupted, ended]);
}

function seconds(): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}

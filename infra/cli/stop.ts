import { Command } from 'commander';
import { readEnvironment } from '../environment.js';
import type { ModeName } from '../mode.js';
import { chooseMode, modeOption, occupiedMode } from './choose-mode.js';

const command = new Command('stop')
  .description('stops what npm start left running')
  .addOption(modeOption)
  .option('--wipe', 'delete the data too', false)
  .addHelpText('after', '\nExit code: 0, also when nothing was running.')
  .parse();

const options = command.opts<{ mode?: ModeName; wipe: boolean }>();
const environment = readEnvironment();
const mode =
  (options.mode ? undefined : await occupiedMode(environment)) ?? chooseMode(options.mode).mode;
try {
  const print = (line: string) => console.log(line);
  const outcome = await mode.stop({ environment, wipe: options.wipe, print });
  console.log(outcome === 'stopped' ? 'everything is stopped' : 'nothing is running');
  process.exit(0);
} catch (error) {
  process.stderr.write(`stop: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

import { Command } from 'commander';
import { readEnvironment } from '../../stack/environment.js';
import type { ModeName } from '../../stack/mode.js';
import { modeOption, modes, occupiedMode } from './choose-mode.js';

const command = new Command('stop')
  .description('stops what npm start left running')
  .addOption(modeOption)
  .option('--wipe', 'delete the data too', false)
  .addHelpText('after', '\nExit code: 0, also when nothing was running.')
  .parse();

const options = command.opts<{ mode?: ModeName; wipe: boolean }>();
const environment = readEnvironment();
try {
  const print = (line: string) => console.log(line);
  const occupied = await occupiedMode(options.mode, environment);
  const outcomes = [];
  // Nothing runs, but data of an earlier start may be there to wipe.
  for (const mode of occupied ? [occupied] : modes(options.mode)) {
    outcomes.push(await mode.stop({ environment, wipe: options.wipe, print }));
  }
  console.log(outcomes.includes('stopped') ? 'everything is stopped' : 'nothing is running');
  process.exit(0);
} catch (error) {
  process.stderr.write(`stop: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

import { Command } from 'commander';
import { readEnvironment } from '../../stack/environment.js';
import type { ModeName } from '../../stack/mode.js';
import { modeOption, modes, occupiedMode } from './choose-mode.js';

const command = new Command('npm stop --')
  .description('Stops the running system.')
  .addOption(modeOption)
  .option('--wipe', 'also delete the data', false)
  .addHelpText(
    'after',
    '\nExamples:' +
      '\n  npm stop' +
      '\n  npm stop -- --wipe' +
      '\n\nExit code: 0, also if nothing was running; 1 it could not stop.',
  )
  .parse();

const options = command.opts<{ mode?: ModeName; wipe: boolean }>();
const environment = readEnvironment();
try {
  const print = (line: string) => console.log(line);
  const occupied = await occupiedMode(options.mode, environment);
  const outcomes = [];
  // If nothing runs, --wipe still deletes the data of an earlier start, in both modes.
  for (const mode of occupied ? [occupied] : modes(options.mode)) {
    outcomes.push(await mode.stop({ environment, wipe: options.wipe, print }));
  }
  console.log(outcomes.includes('stopped') ? 'everything is stopped' : 'nothing is running');
  process.exit(0);
} catch (error) {
  process.stderr.write(`stop: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

import { join } from 'node:path';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { offerPayments } from '../../bench/load/offer-payments.js';
import { findBrowser } from '../pictures/find-browser.js';
import { takePictures } from '../pictures/take-pictures.js';
import { repositoryRoot } from '../../repository-root.js';
import { readEnvironment } from '../../stack/environment.js';
import { fromOne } from '../clients/whole-number.js';
import { controlRoom } from '../run/places-to-look.js';

const command = new Command('npm run pictures --')
  .description(
    "Takes README's screenshots and the animation of the double click from the running system.",
  )
  .option('--folder <folder>', 'where to write them', join(repositoryRoot, 'docs/pictures'))
  .addOption(
    new Option('--rate <payments>', 'payments per second meanwhile, to have something to see')
      .default(8)
      .argParser(fromOne),
  )
  .addHelpText(
    'after',
    '\nIt needs Chrome or Chromium; CHROME_PATH names one that is not found.' +
      '\n\nExample:\n  npm run pictures -- --folder /tmp/pictures' +
      '\n\nExit code: 0 all pictures are taken, 1 one is not.',
  )
  .parse();

const PAYING_MAX_S = 180;
const { folder, rate } = command.opts<{ folder: string; rate: number }>();
const environment = readEnvironment();
const browserPath = findBrowser();
if (!browserPath) fail('There is no Chrome or Chromium here. CHROME_PATH names one elsewhere.');

const taken = new AbortController();
const paying = offerPayments({
  environment,
  perSecond: rate,
  seconds: PAYING_MAX_S,
  signal: taken.signal,
}).catch((error: unknown) => error);
try {
  await takePictures({
    browserPath,
    consoleUrl: controlRoom(environment),
    folder,
    print: (line) => console.log(line),
  });
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
taken.abort();
await paying;
process.exit(0);

function fail(why: string): never {
  process.stderr.write(`${pc.red(why)}\n`);
  process.exit(1);
}

import { Argument, Command } from 'commander';
import open from 'open';
import pc from 'picocolors';
import { readEnvironment } from '../../stack/environment.js';
import { neverConnected } from '../clients/never-connected.js';
import { controlRoom } from './places-to-look.js';

const PAGES = ['shop', 'payments', 'consumers', 'dead-letters', 'alerts', 'audit', 'break'];
const ANSWERS_WITHIN_MS = 3_000;

const command = new Command('npm run open --')
  .description('Opens the control room in a browser.')
  .addArgument(new Argument('[page]', 'the page').choices([...PAGES, 'scenarios']))
  .addHelpText(
    'after',
    '\nExample:' +
      '\n  npm run open -- shop' +
      '\n\nExit code: 0 it was opened, or there is no browser and the address is printed; ' +
      '1 the console does not answer.',
  )
  .parse();

const [page = ''] = command.processedArgs as (string | undefined)[];
const url = new URL(page, controlRoom(readEnvironment())).href;

try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
} catch (error) {
  const why = neverConnected(error) ? 'nothing listens there' : (error as Error).message;
  process.stderr.write(`${pc.red(`The console does not answer at ${url}: ${why}.`)}\n`);
  process.stderr.write('npm start starts everything.\n');
  process.exit(1);
}

console.log(url);
const browser = await open(url).catch(() => undefined);
browser?.once('error', () => console.log(pc.dim('No browser was found. Open the address above.')));

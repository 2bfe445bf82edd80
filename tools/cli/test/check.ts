import { Command } from 'commander';
import { onInterrupt } from '../run/interrupt.js';
import { closingLine, total } from '../../test-runner/count.js';
import { runJest } from '../../test-runner/jest-run.js';
import { runStaticChecks } from '../../test-runner/static-checks.js';

new Command('npm run check --')
  .description(
    'Checks format, lint and types, and runs the unit tests. Needs no server.\n' +
      'Property tests make a quarter of the random runs of `npm test`.',
  )
  .addHelpText(
    'after',
    '\nExample:\n  npm run check\n\nExit code: 0 everything passed, 1 something failed.',
  )
  .parse();

const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort());
const { signal } = interrupted;

process.env['PROPERTY_RUNS_SHARE'] ??= '0.25';
const counts = [
  await runStaticChecks({ signal, print: (line) => console.log(line) }),
  await runJest({ level: 'unit', patterns: [], signal }),
];
console.log(closingLine(total(counts)));
process.exit(total(counts).failed === 0 ? 0 : 1);

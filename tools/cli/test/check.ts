import { Command } from 'commander';
import { onInterrupt } from '../run/interrupt.js';
import { closingLine, total } from '../../test-runner/count.js';
import { runJest } from '../../test-runner/jest-run.js';
import { runStaticChecks } from '../../test-runner/static-checks.js';

new Command('check')
  .description('format, lint, types and unit tests: what can be known without a server')
  .parse();

const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort());
const { signal } = interrupted;

const counts = [
  await runStaticChecks({ signal, print: (line) => console.log(line) }),
  await runJest({ level: 'unit', patterns: [], signal }),
];
console.log(closingLine(total(counts)));
process.exit(total(counts).failed === 0 ? 0 : 1);

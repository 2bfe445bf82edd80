import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import type { LabReceipt } from '../../labs/lab.js';
import { LABS } from '../../labs/labs.js';
import { labList, labReport, labSummary } from '../../labs/run/report.js';
import { runLab } from '../../labs/run/run-lab.js';
import { LABS_FOLDER } from '../../stack/addresses.js';
import { wholeNumber } from '../clients/whole-number.js';
import { onInterrupt } from '../run/interrupt.js';

const SEEDS = 1_000_000;

const command = new Command('npm run lab --')
  .description('Measures a claim that interviews argue about. Without a name it lists the labs.')
  .argument('[name]', 'a lab of the list, or all')
  .option('--seed <n>', 'repeats the choices of a run (random by default)', wholeNumber)
  .option('--small', 'the short version that npm test asserts', false)
  .option('--picture', 'also copy the picture to docs/pictures/labs', false)
  .option('--folder <folder>', 'where to write the receipts and pictures', LABS_FOLDER)
  .option('--json', 'print one JSON object (a list with all)', false)
  .addHelpText(
    'after',
    '\nA lab starts its own servers, beside a running system, and takes at most 5 minutes. It writes' +
      '\n.stack/labs/<name>/receipt.json and picture.svg; all also writes .stack/labs/summary.md.' +
      '\n\nExamples:' +
      '\n  npm run lab' +
      '\n  npm run lab -- semantics --seed 42' +
      '\n  npm run lab -- all --small' +
      '\n\nExit code: 0 every claim holds, 1 one does not, or a lab could not measure,' +
      '\n130 stopped with Ctrl-C.',
  )
  .parse();
const { seed, small, picture, folder, json } = command.opts<{
  seed?: number;
  small: boolean;
  picture: boolean;
  folder: string;
  json: boolean;
}>();
const [asked] = command.args;
const print = (line: string) => (json ? console.error(line) : console.log(line));

if (asked === undefined) {
  if (json)
    console.log(JSON.stringify(LABS.map(({ name, claim, minutes }) => ({ name, claim, minutes }))));
  else console.log(labList(LABS));
  process.exit(0);
}
const labs = LABS.filter(({ name }) => asked === 'all' || asked === name);
if (labs.length === 0) {
  console.error(pc.red(`there is no lab “${asked}”; npm run lab lists them`));
  process.exit(1);
}

const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));
const { signal } = interrupted;

const receipts: LabReceipt[] = [];
let hasFailed = false;
for (const lab of labs) {
  const drawn = seed ?? Math.floor(Math.random() * SEEDS);
  print(pc.bold(`${lab.name}: seed ${drawn}, about ${small ? 1 : lab.minutes} min`));
  try {
    const options = { seed: drawn, isSmall: small, folder, picture, signal, print };
    const receipt = await runLab(lab, options);
    receipts.push(receipt);
    print(`\n${labReport(receipt)}\n`);
    print(`receipt and picture: ${join(folder, lab.name)}\n`);
  } catch (error) {
    if (signal.aborted) process.exit(130);
    hasFailed = true;
    print(pc.red(error instanceof Error ? error.message : String(error)));
  }
}
if (asked === 'all') {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'summary.md'), labSummary(receipts));
  print(`summary: ${join(folder, 'summary.md')}`);
}
if (json) console.log(JSON.stringify(asked === 'all' ? receipts : receipts[0], null, 2));
const holds = receipts.every(({ claims }) => claims.every((claim) => claim.holds));
process.exit(holds && !hasFailed ? 0 : 1);

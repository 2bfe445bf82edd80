import { CONSUMERS } from '@effectively-once/contracts';
import { Argument, Command } from 'commander';
import { readEnvironment } from '../../stack/environment.js';
import { appUrl } from '../clients/app-url.js';
import { operatorToken } from '../clients/demo-token.js';
import { ConsoleUnreachable, DlqClient, ConsoleRefused } from '../clients/dlq-client.js';
import { watch } from '../tables/dlq-progress.js';
import {
  detailText,
  explainRefusals,
  overviewTable,
  pageTable,
  refusals,
} from '../tables/dlq-table.js';
import { fromOne, wholeNumber } from '../clients/whole-number.js';

const EXIT = { done: 0, refused: 1, failed: 2, interrupted: 130 } as const;
const HELP = `
Examples:
  npm run dlq -- list                                      number, age and reasons, per consumer
  npm run dlq -- list email --state pending                one by one, newest first
  npm run dlq -- show email 3-17                           headers, and the event or its bytes
  npm run dlq -- redrive email 3-17                        redrive one
  npm run dlq -- redrive email --error-name E --dry-run    only show what would be redriven
  npm run dlq -- redrive email --max 500 --rate 50         at most 500, at most 50 a second
  npm run dlq -- discard email 3-17 --reason "test data"   discard one

The console does the redrive. It continues if this command is interrupted. A second request for the
same dead letter does not redrive it twice. The action log names $USER, or "operator".

Exit code: 0 done, 1 something was refused, 2 the command failed, 130 interrupted.`;

const program = new Command('npm run dlq --')
  .description('Lists, shows, redrives and discards dead letters (the dead letter queue).')
  .addHelpText('after', HELP)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.done : EXIT.failed));

const consumer = () => new Argument('<consumer>').choices(CONSUMERS);
const json = ['--json', 'print one JSON object'] as const;
const ids = () => new Argument('<ids...>', 'ids of dead letters, from list');

program
  .command('list')
  .description('count dead letters per consumer; with a consumer, list them, newest first')
  .addArgument(new Argument('[consumer]').choices(CONSUMERS))
  .option('--state <state>', 'only this state: pending, redriven or discarded')
  .option('--error-name <name>', 'only this error')
  .option('--limit <n>', 'at most this many (default: 100)', wholeNumber)
  .option('--cursor <cursor>', 'continue where the last listing ended')
  .option(...json)
  .action((name: string | undefined, options: ListOptions) => run(() => list(name, options)));

program
  .command('show')
  .description('show one dead letter: its headers, and its event or its bytes')
  .addArgument(consumer())
  .argument('<id>')
  .option(...json)
  .action((name: string, id: string, options: Json) =>
    run(async () => {
      const detail = await (await client()).show(name, id);
      print(options, detail, () => detailText(detail));
      return EXIT.done;
    }),
  );

program
  .command('redrive')
  .description(
    'send dead letters to their consumer again; without ids or --error-name, all pending',
  )
  .addArgument(consumer())
  .argument('[ids...]', 'ids of dead letters, from list')
  .option('--error-name <name>', 'only this error')
  .option('--max <n>', 'at most this many (default: 1000)', fromOne)
  .option('--rate <n>', 'at most this many per second (default: 200)', fromOne)
  .option('--dry-run', 'show what would be redriven, and change nothing')
  .option(...json)
  .action((name: string, given: string[], options: RedriveOptions) =>
    run(() => redrive(name, given, options)),
  );

program
  .command('discard')
  .description('close dead letters without a redrive')
  .addArgument(consumer())
  .addArgument(ids())
  .requiredOption('--reason <text>', 'the reason, for the action log')
  .option(...json)
  .action((name: string, given: string[], { reason, ...options }: Json & { reason: string }) =>
    run(async () => {
      const decided = await (await client()).discard(name, { ids: given, reason });
      print(options, decided, () => `${decided.count} discarded${refusals(decided)}`);
      return decided.refused.length > 0 ? EXIT.refused : EXIT.done;
    }),
  );

interface Json {
  json?: true;
}
interface ListOptions extends Json {
  state?: string;
  errorName?: string;
  limit?: number;
  cursor?: string;
}
interface RedriveOptions extends Json {
  errorName?: string;
  max?: number;
  rate?: number;
  dryRun?: true;
}

await program.parseAsync();

async function list(name: string | undefined, options: ListOptions): Promise<number> {
  const { json: _json, ...asked } = options;
  const api = await client();
  if (name === undefined) {
    const overview = await api.overview();
    print(options, overview, () => overviewTable(overview));
    return EXIT.done;
  }
  const query = Object.entries(asked).map(([key, value]) => [key, String(value)]);
  const page = await api.list(name, Object.fromEntries(query) as Record<string, string>);
  print(options, page, () => pageTable(page));
  return EXIT.done;
}

async function redrive(name: string, given: string[], options: RedriveOptions): Promise<number> {
  const { errorName, max, rate, dryRun } = options;
  if (given.length > 0 && errorName !== undefined)
    throw new Error('pass ids or --error-name, not both');
  const api = await client();
  const decided = await api.redrive(name, {
    ...(given.length > 0 ? { ids: given } : { filter: { ...(errorName ? { errorName } : {}) } }),
    ...(max === undefined ? {} : { max }),
    ...(rate === undefined ? {} : { ratePerS: rate }),
    dryRun: dryRun ?? false,
  });
  if (!decided.action) {
    const what = dryRun ? 'would be redriven' : 'redriven';
    print(options, decided, () => `${decided.count} ${what}${refusals(decided)}`);
    return decided.refused.length > 0 ? EXIT.refused : EXIT.done;
  }
  const { id } = decided.action;
  process.once('SIGINT', () => {
    process.stderr.write(
      `\ndlq: interrupted; the console continues the redrive as action ${id}. ` +
        `npm run dlq -- list ${name} shows its result\n`,
    );
    process.exit(EXIT.interrupted);
  });
  const action = await watch({ look: () => api.action(id), out: process.stderr, now: Date.now });
  print(options, { ...decided, action }, () => {
    const refused = [...decided.refused, ...action.refused];
    const rest = action.givenBack > 0 ? `, ${action.givenBack} cannot be redriven` : '';
    return `${action.done} redriven${rest}${refusals({ refused, left: decided.left })}`;
  });
  return decided.refused.length > 0 || action.givenBack > 0 ? EXIT.refused : EXIT.done;
}

function print(options: Json, answer: object, asText: () => string): void {
  process.stdout.write(`${options.json ? JSON.stringify(answer, null, 2) : asText()}\n`);
}

async function client(): Promise<DlqClient> {
  const environment = readEnvironment();
  const token = await operatorToken(environment);
  return new DlqClient({ url: appUrl(environment, 'CONSOLE'), token });
}

async function run(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    const refused = error instanceof ConsoleRefused ? error.refused : [];
    const advice =
      error instanceof ConsoleUnreachable ? '; is it running? npm start' : explainRefusals(refused);
    process.stderr.write(
      `dlq: ${error instanceof Error ? error.message : String(error)}${advice}\n`,
    );
    const isRefused = error instanceof ConsoleRefused && error.status < 500 && error.status !== 400;
    process.exitCode = isRefused ? EXIT.refused : EXIT.failed;
  }
}

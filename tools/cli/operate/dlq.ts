import { CONSUMERS } from '@effectively-once/contracts';
import { Argument, Command } from 'commander';
import { readEnvironment } from '../../stack/environment.js';
import { appUrl } from '../clients/app-url.js';
import { demoToken } from '../clients/demo-token.js';
import { ConsoleUnreachable, DlqClient, Refused } from '../clients/dlq-client.js';
import { watch } from '../tables/dlq-progress.js';
import { detailText, overviewTable, pageTable, refusals } from '../tables/dlq-table.js';
import { fromOne, wholeNumber } from '../clients/whole-number.js';

const EXIT = { done: 0, refused: 1, failed: 2, interrupted: 130 } as const;
const HELP = `
Examples:
  npm run dlq -- list                                      how many, since when and why, per consumer
  npm run dlq -- list email --state pending                one by one, the latest first
  npm run dlq -- show email 3-17                           headers, and the event or its bytes
  npm run dlq -- redrive email 3-17                        one
  npm run dlq -- redrive email --error-name E --dry-run    what would be redriven
  npm run dlq -- redrive email --max 500 --rate 50         at most 500, at most 50 a second
  npm run dlq -- discard email 3-17 --reason "test data"   ends it

A redrive goes on by itself once it is asked for, whatever becomes of this command; asking again for what is
redriven already redrives nothing twice. The operator in the record of actions is $USER, or "operator".

Exit code: 0 done, 1 something was refused, 2 it could not be done, 130 interrupted.`;

const program = new Command('dlq')
  .description('dead letters: what consumers gave up, and what is to become of it')
  .addHelpText('after', HELP)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.done : EXIT.failed));

const consumer = () => new Argument('<consumer>').choices(CONSUMERS);
const json = ['--json', 'prints one JSON object'] as const;
const ids = () => new Argument('<ids...>', "dead letters' ids, as list shows them");

program
  .command('list')
  .description('how many, since when and why; with a consumer one by one, the latest first')
  .addArgument(new Argument('[consumer]').choices(CONSUMERS))
  .option('--state <state>', 'only pending, redriven or discarded ones')
  .option('--error-name <name>', 'only those that died of this')
  .option('--limit <n>', 'so many at most (default: 100)', wholeNumber)
  .option('--cursor <cursor>', 'goes on where a listing ended')
  .option(...json)
  .action((name: string | undefined, options: ListOptions) => run(() => list(name, options)));

program
  .command('show')
  .description('everything about one: its headers, and its event or its bytes')
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
  .description('gives them to their consumer again; without ids or a reason, all that are pending')
  .addArgument(consumer())
  .argument('[ids...]', "dead letters' ids, as list shows them")
  .option('--error-name <name>', 'those that died of this')
  .option('--max <n>', 'so many at most (default: 1000)', fromOne)
  .option('--rate <n>', 'so many a second at most (default: 200)', fromOne)
  .option('--dry-run', 'says what would be redriven, and does nothing')
  .option(...json)
  .action((name: string, given: string[], options: RedriveOptions) =>
    run(() => redrive(name, given, options)),
  );

program
  .command('discard')
  .description('ends them without redriving them')
  .addArgument(consumer())
  .addArgument(ids())
  .requiredOption('--reason <text>', 'why, for whoever asks later')
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
    throw new Error('give ids or --error-name, not both');
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
      `\ndlq: interrupted; the redrive goes on by itself as action ${id}. ` +
        `npm run dlq -- list ${name} shows what became of it\n`,
    );
    process.exit(EXIT.interrupted);
  });
  const action = await watch({ look: () => api.action(id), out: process.stderr, now: Date.now });
  print(options, { ...decided, action }, () => {
    const gone = action.givenBack;
    const aged = gone > 0 ? `, ${gone} are no longer in the topic and can only be discarded` : '';
    return `${action.done} redriven${aged}${refusals(decided)}`;
  });
  return decided.refused.length > 0 || action.givenBack > 0 ? EXIT.refused : EXIT.done;
}

function print(options: Json, answer: object, asText: () => string): void {
  process.stdout.write(`${options.json ? JSON.stringify(answer, null, 2) : asText()}\n`);
}

async function client(): Promise<DlqClient> {
  const environment = readEnvironment();
  const user = environment.given['USER'] ?? '';
  const userId = /^[A-Za-z0-9_-]{1,64}$/.test(user) ? user : 'operator';
  const token = await demoToken(environment, { userId, role: 'operator' });
  return new DlqClient({ url: appUrl(environment, 'CONSOLE'), token });
}

async function run(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    const advice = error instanceof ConsoleUnreachable ? '; is it running? npm start' : '';
    process.stderr.write(
      `dlq: ${error instanceof Error ? error.message : String(error)}${advice}\n`,
    );
    const isRefused = error instanceof Refused && error.status < 500 && error.status !== 400;
    process.exitCode = isRefused ? EXIT.refused : EXIT.failed;
  }
}

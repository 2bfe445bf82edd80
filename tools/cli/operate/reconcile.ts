import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Command, InvalidArgumentError, Option } from 'commander';
import pg from 'pg';
import { addresses } from '../../stack/addresses.js';
import { readEnvironment } from '../../stack/environment.js';
import { onInterrupt } from '../run/interrupt.js';
import { dayNamed, type Day } from '@effectively-once/reconcile/day';
import { dayStores, UnreadableDayStore } from '@effectively-once/reconcile/day-stores';
import { reconcile, type Reconciled } from '@effectively-once/reconcile/reconcile';
import { WRITE, type WritePattern } from '@effectively-once/reconcile/write-patterns';
import { reconcileTable } from '../tables/reconcile-table.js';

// 1 says that the four do not agree, so everything else that can go wrong says 2.
const EXIT = { agree: 0, differ: 1, failed: 2, interrupted: 130 } as const;
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 600_000;
const REQUEST_TIMEOUT_MS = 30_000;

const command = new Command('reconcile')
  .description(
    'adds up one day per currency and user, as payments, the PSP, the points and the documents have it,' +
      "\nand writes the result over that day's partition of console.daily_totals",
  )
  .requiredOption(
    '--day <day>',
    'a UTC day, as in 2026-11-20; payments belong to the day they completed',
    day,
  )
  .addOption(
    new Option('--write <pattern>', 'how: see apps/reconcile/src/write-patterns.ts')
      .choices(Object.keys(WRITE))
      .default('overwrite'),
  )
  .option('--json', 'prints one JSON object with every total; the same stores make the same bytes')
  .addHelpText(
    'after',
    '\nSafe to repeat: what came late is in the next run, and a run that dies leaves the day as it was.' +
      '\nIt compares totals; npm run audit names the payments behind a difference.' +
      '\nExit code: 0 the four agree, 1 they differ, 2 it could not be done, 130 interrupted.',
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.agree : EXIT.failed))
  .parse();
const options = command.opts<{ day: Day; write: WritePattern; json?: true }>();

// What is open then is rolled back by the database.
void onInterrupt(() => process.exit(EXIT.interrupted)).then(() => {
  process.stderr.write('reconcile: interrupted; the day is as it was\n');
  process.exit(EXIT.interrupted);
});
try {
  const result = await run();
  await written(options.json ? JSON.stringify(result, null, 2) : reconcileTable(result));
  process.exit(result.differences.length === 0 ? EXIT.agree : EXIT.differ);
} catch (error) {
  process.stderr.write(`reconcile: ${(error as Error).message}; the day is as it was\n`);
  if (error instanceof UnreadableDayStore) {
    process.stderr.write('reconcile: npm run status shows what is up; npm start starts it\n');
  }
  process.exit(EXIT.failed);
}

/** A pipe takes 64 kB at a time; an exit before the rest is taken would cut it off. */
async function written(text: string): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write(`${text}\n`, () => resolve()));
}

async function run(): Promise<Reconciled> {
  const at = addresses(readEnvironment(), { journalFolder: '' });
  const elasticsearch = new Elasticsearch({
    node: at.ELASTICSEARCH_URL ?? '',
    requestTimeout: REQUEST_TIMEOUT_MS,
    maxRetries: 1,
  });
  const stores = dayStores({
    payments: await open('the payments database', at.AUDITOR_PAYMENTS_URL),
    loyalty: await open('the loyalty database', at.AUDITOR_LOYALTY_URL),
    elasticsearch,
    thirdPartiesUrl: at.THIRD_PARTIES_URL ?? '',
  });
  const database = await open("the console's database", at.CONSOLE_DATABASE_URL);
  return await reconcile({ database, stores, day: options.day, write: options.write, onProgress });
}

async function open(store: string, url: string | undefined): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'reconcile',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
  });
  // A connection cut between two queries is reported by the next one; unheard, it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new UnreadableDayStore(store, { cause: error });
  }
  return client;
}

function onProgress(payments: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${payments} payments of ${options.day.name}\r`);
}

function day(text: string): Day {
  try {
    const named = dayNamed(text);
    if (named.from.getTime() <= Date.now()) return named;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  throw new InvalidArgumentError('has not begun yet in UTC.');
}

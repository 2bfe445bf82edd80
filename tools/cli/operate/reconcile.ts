import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Command, InvalidArgumentError, Option } from 'commander';
import { newClient } from '@effectively-once/postgres/connections';
import type pg from 'pg';
import { addresses } from '../../stack/addresses.js';
import { readEnvironment } from '../../stack/environment.js';
import { onInterrupt } from '../run/interrupt.js';
import { parseDay, type Day } from '@effectively-once/reconcile/day';
import { dayStores, UnreadableDayStore } from '@effectively-once/reconcile/day-stores';
import { reconcile, type Reconciled } from '@effectively-once/reconcile/reconcile';
import { WRITE, type WritePattern } from '@effectively-once/reconcile/write-patterns';
import { reconcileTable } from '../tables/reconcile-table.js';

// Exit code 1 means that the four sources differ. Every other error is exit code 2.
const EXIT = { agree: 0, differ: 1, failed: 2, interrupted: 130 } as const;
const STATEMENT_TIMEOUT_MS = 600_000;
const REQUEST_TIMEOUT_MS = 30_000;

const command = new Command('npm run reconcile --')
  .description(
    'Adds up one day per currency and user from payments, the PSP, the points and the documents.' +
      '\nReplaces the partition of that day in console.daily_totals (reconciliation).',
  )
  .requiredOption(
    '--day <day>',
    'a UTC day, such as 2026-11-20; a payment belongs to the day on which it completed',
    day,
  )
  .addOption(
    new Option('--write <pattern>', 'the write pattern: see apps/reconcile/src/write-patterns.ts')
      .choices(Object.keys(WRITE))
      .default('overwrite'),
  )
  .option('--json', 'print one JSON object with every total; the same data gives the same bytes')
  .addHelpText(
    'after',
    '\nSafe to repeat: the next run includes late payments, and a run that fails changes nothing.' +
      '\nIt compares totals; npm run audit names the payments behind a difference.' +
      '\n\nExample:' +
      '\n  npm run reconcile -- --day 2026-11-20' +
      '\n\nExit code: 0 the four agree, 1 they differ, 2 the command failed, 130 interrupted.',
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.agree : EXIT.failed))
  .parse();
const options = command.opts<{ day: Day; write: WritePattern; json?: true }>();

// PostgreSQL rolls back the open transaction.
void onInterrupt(() => process.exit(EXIT.interrupted)).then(() => {
  process.stderr.write('reconcile: interrupted; the day is unchanged\n');
  process.exit(EXIT.interrupted);
});
try {
  const result = await run();
  await written(options.json ? JSON.stringify(result, null, 2) : reconcileTable(result));
  process.exit(result.differences.length === 0 ? EXIT.agree : EXIT.differ);
} catch (error) {
  process.stderr.write(`reconcile: ${(error as Error).message}; the day is unchanged\n`);
  if (error instanceof UnreadableDayStore) {
    process.stderr.write(
      'reconcile: npm run status shows what runs; npm start starts the system\n',
    );
  }
  process.exit(EXIT.failed);
}

/**
 * Resolves once all text is written. A pipe takes 64 kB at a time; an earlier exit would cut it.
 */
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
  const client = newClient({
    connectionString: url,
    applicationName: 'reconcile',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
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
    const named = parseDay(text);
    if (named.from.getTime() <= Date.now()) return named;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  throw new InvalidArgumentError('has not begun yet in UTC.');
}

import { PaymentDocuments } from '@effectively-once/search/search.idempotency';
import { ensurePaymentsIndex, recordReindexCutOff } from '@effectively-once/search/payments-index';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Command } from 'commander';
import { newClient } from '@effectively-once/postgres/connections';
import { addresses } from '../../stack/addresses.js';
import { reindex, type Reindexed } from '@effectively-once/search/reindex';
import { readEnvironment } from '../../stack/environment.js';
import { onInterrupt } from '../run/interrupt.js';

const EXIT = { done: 0, somethingFailed: 1, notDone: 2, interrupted: 130 } as const;
const STATEMENT_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 30_000;
const LINE_EVERY = 10_000;

new Command('npm run reindex --')
  .description(
    'Writes every completed payment to the search index. Creates the index if it is missing.' +
      '\nSafe to repeat, and safe while the system runs.',
  )
  .addHelpText(
    'after',
    '\nExample:' +
      '\n  npm run reindex' +
      '\n\nExit code: 0 every payment has its document, 1 some payments have none (it names them),' +
      ' 2 the command failed, 130 interrupted.',
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.done : EXIT.notDone))
  .parse();

const at = addresses(readEnvironment(), { journalFolder: '' });
const interrupted = new AbortController();
void onInterrupt(() => process.exit(EXIT.interrupted)).then(() => interrupted.abort());
process.exit(await run());

async function run(): Promise<number> {
  // The role auditor may read payments and change nothing.
  const payments = newClient({
    connectionString: at.AUDITOR_PAYMENTS_URL,
    applicationName: 'reindex',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const elasticsearch = new Elasticsearch({
    node: at.ELASTICSEARCH_URL ?? '',
    requestTimeout: REQUEST_TIMEOUT_MS,
    maxRetries: 0,
  });
  let soFar: Reindexed | undefined;
  try {
    await named('payments', () => payments.connect());
    const index = await named('Elasticsearch', () => ensurePaymentsIndex(elasticsearch));
    if (index === 'created') say('created the missing index');
    const result = await reindex({
      payments,
      documents: new PaymentDocuments(elasticsearch),
      recordCutOff: (before) => recordReindexCutOff(elasticsearch, { before }),
      signal: interrupted.signal,
      onProgress: showProgress((now) => (soFar = now)),
      onDeletions: (documents) =>
        say(`waits until Elasticsearch forgets that ${documents} documents were deleted`),
    });
    return report(result);
  } catch (error) {
    if (interrupted.signal.aborted) {
      say(`interrupted${soFar ? ` after ${done(soFar)} payments` : ''}; you can run it again`);
      return EXIT.interrupted;
    }
    say(`${(error as Error).message}; the documents written so far stay; you can run it again`);
    return EXIT.notDone;
  }
}

/** @throws Error that names the store that cannot be reached. */
async function named<Result>(store: string, use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`cannot reach ${store} (${message}); npm run status shows what is up`, {
      cause: error,
    });
  }
}

function say(line: string): void {
  process.stderr.write(`reindex: ${line}\n`);
}

function done({ written, present, failed }: Reindexed): number {
  return written + present + failed;
}

/** Updates one line on a terminal. Elsewhere prints a line for every ten thousand payments. */
function showProgress(remember: (soFar: Reindexed) => void): (soFar: Reindexed) => void {
  let shown = 0;
  return (soFar) => {
    remember(soFar);
    const line = `${done(soFar)} of ${soFar.total} payments`;
    if (process.stderr.isTTY) process.stderr.write(`\r${line}`);
    else if (done(soFar) - shown >= LINE_EVERY) {
      shown = done(soFar);
      say(line);
    }
  };
}

function report(result: Reindexed): number {
  if (process.stderr.isTTY) process.stderr.write('\n');
  const { written, present, failed, failures } = result;
  console.log(`${done(result)} payments: ${written} written, ${present} already present`);
  if (failed === 0) return EXIT.done;
  console.log(`${failed} have no document:`);
  for (const { paymentId, error } of failures) console.log(`  ${paymentId} ${error.message}`);
  if (failures.length < failed) console.log(`  and ${failed - failures.length} more`);
  return EXIT.somethingFailed;
}

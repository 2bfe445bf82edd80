import { audit, auditWhenQuiet, UnreadableStore, worstStatus } from '@effectively-once/audit';
import { Command, InvalidArgumentError } from 'commander';
import { readEnvironment } from '../../stack/environment.js';
import { auditSources } from '../clients/audit-sources.js';
import { pastTime } from '../clients/past-time.js';
import { auditTable } from '../tables/audit-table.js';

// Exit code 1 means that a guarantee is broken. Every other error is exit code 2.
const EXIT = { clean: 0, violated: 1, failed: 2 } as const;

const HELP = `
With --since the audit judges only payments that completed since then, and open payments. It reads
only that part of the topic, the journals and the index; the databases scan their tables and send
only that part. It reads all dead letters. It reports a doubled effect even if the first of the two
is older. With --since the audit does not see: an older payment that lost its effect, its outbox row
or its capture; points or a document that appeared or changed without an event; a document without
its completion time; an old balance of a user who earned nothing since. Run a full audit now and
then: the console runs one every hour.

Examples:
  npm run audit                          payments older than 120 s
  npm run audit -- --wait 30             all payments; waits up to 30 s until nothing is late
  npm run audit -- --since 1h --json     payments of the last hour, as JSON

Exit code: 0 nothing is violated, 1 something is violated, 2 a store cannot be read.`;

const command = new Command('npm run audit --')
  .description('Checks every payment in every store and names the lost and the doubled ones.')
  .option('--json', 'print one JSON object with every finding')
  .option(
    '--wait <seconds>',
    'wait up to this long until nothing is late, then judge every payment, even the newest',
    seconds,
  )
  .option(
    '--settle-limit <seconds>',
    'judge only payments that completed longer ago than this (default: 120, with --wait 0)',
    seconds,
  )
  .option(
    '--since <time>',
    'judge only payments that completed since then: an ISO time, or 1h, 30m, 2d',
    (text) => pastTime(text),
  )
  .addHelpText('after', HELP)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.clean : EXIT.failed))
  .parse();

interface Options {
  since?: Date;
  json?: true;
  wait?: number;
  settleLimit?: number;
}

try {
  process.exitCode = await run(command.opts<Options>());
} catch (error) {
  process.stderr.write(`audit: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UnreadableStore) {
    process.stderr.write(
      'audit: no verdict. npm run status shows what runs; npm start starts the system\n',
    );
  }
  process.exitCode = EXIT.failed;
}

async function run(options: Options): Promise<number> {
  const how = {
    sources: auditSources(readEnvironment()),
    ...(options.since ? { since: options.since } : {}),
    ...(options.settleLimit === undefined ? {} : { settleLimitMs: options.settleLimit * 1_000 }),
  };
  const report =
    options.wait === undefined
      ? await audit(how)
      : await auditWhenQuiet({
          ...how,
          waitMaxMs: options.wait * 1_000,
          onWaiting: printChanges(),
        });
  process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : auditTable(report)}\n`);
  return worstStatus(report) === 'violated' ? EXIT.violated : EXIT.clean;
}

/** Prints each new reason to wait once, to standard error, so that --json stays valid JSON. */
function printChanges(): (why: string) => void {
  let last = '';
  return (why) => {
    if (why !== last) process.stderr.write(`waiting: ${why}\n`);
    last = why;
  };
}

function seconds(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number of seconds.');
}

import { audit, auditWhenQuiet, UnreadableStore, worstStatus } from '@effectively-once/audit';
import { Command, InvalidArgumentError } from 'commander';
import { readEnvironment } from '../../stack/environment.js';
import { auditSources } from '../clients/audit-sources.js';
import { auditTable } from '../tables/audit-table.js';

// 1 says that a guarantee is broken, so everything else that can go wrong says 2.
const EXIT = { clean: 0, violated: 1, failed: 2 } as const;

const HELP = `
With --since only what completed since then is judged, and what is open. Of the topic, the journals and the
index only that part is read; the databases look through their tables and send only that part. Dead letters
are read whole. What a payment has twice is named also when its first half is older. Not seen with --since:
an older payment that lost its effect, its outbox row or its capture; points or a document that came or
changed without an event; a document that does not say when its payment completed; an older balance of a
user who earned nothing since. Audit without it now and then: the console does so every hour.

Exit code: 0 nothing violated, 1 violated, 2 a store cannot be read.`;

const command = new Command('audit')
  .description('walks every payment through every store and names the ones lost or doubled')
  .option('--json', 'prints one JSON object, with every finding')
  .option(
    '--wait <seconds>',
    'first waits up to this long until nothing is late; judges every payment, however young',
    seconds,
  )
  .option(
    '--settle-limit <seconds>',
    'judges only payments that completed longer ago (default: 120, with --wait 0)',
    seconds,
  )
  .option(
    '--since <time>',
    'judges only what completed since then: an ISO time, or 1h, 30m, 2d',
    since,
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
      'audit: no verdict. npm run status shows what is up; npm start starts it\n',
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

/** On standard error, so that --json stays JSON; a line for each new reason to wait, not for each look. */
function printChanges(): (why: string) => void {
  let last = '';
  return (why) => {
    if (why !== last) process.stderr.write(`waiting: ${why}\n`);
    last = why;
  };
}

function since(text: string): Date {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = count
    ? Date.now() - Number(count) * ({ s: 1, m: 60, h: 3_600, d: 86_400 }[unit] ?? 0) * 1_000
    : Date.parse(text);
  if (ms > Date.now()) throw new InvalidArgumentError('must not lie in the future.');
  if (/^\d{4}-\d\d-\d\dT|^\d+[smhd]$/.test(text) && !Number.isNaN(ms)) return new Date(ms);
  throw new InvalidArgumentError('must be an ISO time like 2026-11-20T12:00:00Z, or like 1h.');
}

function seconds(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number of seconds.');
}

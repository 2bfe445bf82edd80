import { conditionOf } from '@effectively-once/console/connector/condition';
import { ConnectApi } from '@effectively-once/console/connector/connect-api';
import { observe, type Query, type Observation } from '@effectively-once/console/connector/observe';
import { REMEDIES } from '@effectively-once/console/connector/remedies';
import {
  describeHolder,
  readRetainedWal,
  readWalHolders,
} from '@effectively-once/console/pipeline/retained-wal';
import { Command } from 'commander';
import { newPool } from '@effectively-once/postgres/connections';
import { addresses } from '../../stack/addresses.js';
import { repairConnector } from '@effectively-once/console/connector/repair-connector';
import { readEnvironment } from '../../stack/environment.js';

const EXIT = { healthy: 0, unhealthy: 1, notDone: 2 } as const;
const HELP = `
Examples:
  npm run connector -- status
  npm run connector -- repair

Exit code: 0 healthy, or repaired; 1 not healthy; 2 the command failed.`;
const STATEMENT_TIMEOUT_MS = 30_000;

const at = addresses(readEnvironment(), { journalFolder: '' });
const connect = new ConnectApi(at.CONNECT_URL ?? '');

const program = new Command('npm run connector --')
  .description(
    'Shows or repairs the Debezium connector, which publishes the outbox (change data capture).',
  )
  .addHelpText('after', HELP)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.healthy : EXIT.notDone));
program
  .command('status')
  .description('show what Connect and PostgreSQL report about the connector')
  .action(() =>
    as('AUDITOR_PAYMENTS_URL', async (query) => {
      const exitCode = show(await observe(query, connect));
      await showRetainedWal(query);
      return exitCode;
    }),
  );
program
  .command('repair')
  .description(
    'create a new replication slot and publish every retained outbox row again. Use it if the slot ' +
      'was moved or lost, or if events are missing from the topic. Consumers deduplicate the events ' +
      'that they know. Safe to repeat, also under load.',
  )
  .action(() => as('DEBEZIUM_DATABASE_URL', repair));
await program.parseAsync();

async function repair(query: Query): Promise<number> {
  const onStep = (step: string) => console.log(`connector: ${step}`);
  await repairConnector({ connect, query, onStep });
  console.log(
    'connector: done. npm run audit -- --wait 60 shows whether an event is still missing',
  );
  return EXIT.healthy;
}

function show(observation: Observation): number {
  const condition = conditionOf(observation);
  console.log(`${condition}: ${REMEDIES[condition].why}`);
  const { connector, offset, slot, errors } = observation;
  if (typeof connector === 'object') {
    const states = connector.tasks.map(({ state }) => state).join(', ') || 'none';
    console.log(`  connector ${connector.connector.state}, tasks: ${states}`);
  }
  if (typeof offset === 'object') console.log(`  Connect has stored offset ${lsn(offset.lsn)}`);
  if (typeof slot === 'object') {
    const use = slot.active ? 'read' : 'not read';
    console.log(
      `  slot ${use}, confirmed ${lsn(slot.confirmed)}, ${slot.lagBytes} bytes of log behind`,
    );
  }
  for (const [who, why] of Object.entries(errors)) console.log(`  ${who}: ${why}`);
  return condition === 'healthy' ? EXIT.healthy : EXIT.unhealthy;
}

/** How much log the slot retains, and which open transactions hold it back. */
async function showRetainedWal(query: Query): Promise<void> {
  try {
    const { retainedBytes, safeWalBytes, walStatus } = await readRetainedWal(query);
    const left =
      safeWalBytes === null ? 'without a limit' : `${safeWalBytes} bytes before it is lost`;
    console.log(`  slot retains ${retainedBytes} bytes of log (${walStatus}), ${left}`);
    for (const one of await readWalHolders(query)) {
      console.log(`  log held back by ${describeHolder(one)}`);
    }
  } catch (error) {
    console.log(`  what the slot retains is unreadable: ${(error as Error).message}`);
  }
}

/** A log sequence number (LSN) in PostgreSQL's notation: two hexadecimal numbers. */
function lsn(position: bigint): string {
  const halves = [position >> 32n, position & 0xffff_ffffn];
  return halves.map((half) => half.toString(16).toUpperCase()).join('/');
}

async function as(
  url: 'AUDITOR_PAYMENTS_URL' | 'DEBEZIUM_DATABASE_URL',
  work: (query: Query) => Promise<number>,
): Promise<never> {
  const pool = newPool({
    connectionString: at[url],
    applicationName: 'connector',
    max: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    process.exit(
      await work(
        async (sql, parameters) =>
          (await pool.query<Record<string, unknown>>(sql, parameters)).rows,
      ),
    );
  } catch (error) {
    process.stderr.write(`connector: ${(error as Error).message}; you can run it again\n`);
    process.exit(EXIT.notDone);
  }
}

import { jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { waitUntil } from '@effectively-once/testing';
import { untilStopped } from '../tools/faults/break-pipeline.js';
import {
  consoleMetric,
  stack,
  untilHealthy,
  untilLogPassed,
  whileClientsPay,
} from './connector.js';
import { sql } from './damage.js';
import { pidOf, untilDrained } from './fault-injection.js';
import { npmRun } from './npm-run.js';
import { findingCounts, newId, pay } from './system-under-test.js';

// Debezium waits 10 s before it connects again, and the repair publishes every outbox row again.
jest.setTimeout(300_000);

const LATER_BYTES = 3_000_000;

let found: Record<string, number>;
beforeAll(async () => {
  await untilHealthy();
  await untilDrained();
  found = await findingCounts();
});

/*
 * An older copy of the data folder, as a restored backup has it. No payment is lost with it, so the
 * audit has nothing to say: only the log is shorter than what Connect has read.
 */
it('the console stops the connector before it skips events of a restored database, and the repair publishes them', async () => {
  await pay(newId('user'));
  await untilDrained();
  const folder = await dataFolder();
  copyFrozen(folder);
  await sql('payments', `CREATE TABLE public.later AS SELECT repeat('x', ${LATER_BYTES}) AS text`);
  await sql('payments', `SELECT pg_logical_emit_message(false, 'x', repeat('x', ${LATER_BYTES}))`);
  await untilLogPassed('what is lost', 60_000);
  await untilOffsetStored();

  renameSync(folder, `${folder}.lost`);
  renameSync(`${folder}.copy`, folder);
  process.kill(pidOf('postgres'), 'SIGKILL');
  await untilStopped(stack);
  const held = () => consoleMetric('cdc_connector_condition', { condition: 'held' });
  await waitUntil('the metric that raises the alert', async () => (await held()) === 1);

  await whileClientsPay(5, async () => {
    await expect(npmRun('connector', ['repair'])).resolves.toMatchObject({ code: 0 });
    await untilHealthy();
  });
  await untilDrained();
  await expect(findingCounts()).resolves.toEqual(found);
});

async function dataFolder(): Promise<string> {
  const [row] = await sql<{ data_directory: string }>('payments', 'SHOW data_directory');
  return row?.data_directory ?? '';
}

/** Of one moment: after a restore, PostgreSQL recovers from it as after a power cut. */
function copyFrozen(folder: string): void {
  const postmaster = pidOf('postgres');
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
  const pids = [postmaster, ...children.trim().split(' ').map(Number)];
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    execFileSync('cp', ['-a', folder, `${folder}.copy`]);
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

/** Connect stores the connector's offset every second, and a heartbeat comes every five. */
async function untilOffsetStored(): Promise<void> {
  const [end] = await sql<{ at: string }>(
    'payments',
    `SELECT (pg_current_wal_lsn() - '0/0')::text AS at`,
  );
  await waitUntil('Connect to store an offset behind it', async () => {
    const response = await fetch(`${stack.connectUrl}/connectors/payments-outbox/offsets`);
    const lsn = /"lsn_proc":(\d+)/.exec(await response.text())?.[1];
    return lsn !== undefined && BigInt(lsn) >= BigInt(end?.at ?? 0);
  });
}

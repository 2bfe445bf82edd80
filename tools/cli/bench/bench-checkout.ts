import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditPaymentsAlone, readCharges } from '@effectively-once/audit/payments-alone';
import { worstStatus } from '@effectively-once/audit';
import { readSamples } from '@effectively-once/testing/metrics';
import { Command } from 'commander';
import pg from 'pg';
import { addresses } from '../../stack/addresses.js';
import { bareStatements } from '../../bench/checkout/bare-statements.js';
import {
  checkoutsOfManyUsers,
  type Checkouts,
  type LoadResult,
} from '../../bench/load/checkouts.js';
import { closedLoop } from '../../bench/load/closed-loop.js';
import { databaseFacts, transactionsSoFar } from '../../bench/checkout/database-facts.js';
import { openLoop } from '../../bench/load/open-loop.js';
import {
  startIsolatedStack,
  type Contestant,
  type IsolatedStack,
} from '../../bench/checkout/isolated-stack.js';
import { readEnvironment } from '../../stack/environment.js';
import { onInterrupt } from '../run/interrupt.js';
import { appUrl } from '../clients/app-url.js';
import { auditTable } from '../tables/audit-table.js';
import { fromOne, wholeNumber } from '../clients/whole-number.js';
import { auditOfRun } from './audit-of-run.js';

const QUIET_WITHIN_MS = 60_000;
const CLIENTS = 32;
/**
 * The checkouts until the code is compiled and the connections are open. A number, not a time: a
 * busy machine needs longer, but not fewer checkouts.
 */
const WARM_UP = { clients: CLIENTS, amount: 4_000 };
const RUNNING_WARM_UP_S = 20;
/** Ten million checkouts a day. */
const RATED_PER_S = 115;
/**
 * Share of the closed-loop rate. At the full rate an open loop measures a queue that only grows.
 */
const OPEN_LOOP_SHARE = 0.5;

const command = new Command('npm run bench:checkout --')
  .description('Measures checkouts per second of payments alone, against a minimal baseline.')
  .option('--seconds <n>', 'length of a round', fromOne, 10)
  .option('--rounds <n>', 'rounds of each program; the two take turns', fromOne, 3)
  .option(
    '--running [rate]',
    'measure the running system instead, at this rate per second (default: 115)',
    wholeNumber,
  )
  .addHelpText(
    'after',
    '\nStarts its own PostgreSQL and PSP simulator. This process generates the load.' +
      '\n\nExamples:' +
      '\n  npm run bench:checkout' +
      '\n  npm run bench:checkout -- --running 50 --seconds 60' +
      '\n\nExit code: 0 the audit of this run is clean, 1 it is not.',
  )
  .parse();
const { seconds, rounds, running } = command.opts<{
  seconds: number;
  rounds: number;
  running?: number | true;
}>();

const print = (line: string) => console.log(line);
if (running === undefined) await measureAlone();
else process.exitCode = (await measureRunning(running === true ? RATED_PER_S : running)) ? 0 : 1;

async function measureAlone(): Promise<void> {
  const interrupted = new AbortController();
  const { signal } = interrupted;
  void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));
  const stack = await startIsolatedStack({ signal, print });
  try {
    process.exitCode = (await measure(stack)) ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

/** Measures payments while connector, broker, three consumers and monitoring work beside it. */
async function measureRunning(perSecond: number): Promise<boolean> {
  const environment = readEnvironment();
  const checkouts = await checkoutsOfManyUsers(environment);
  const url = appUrl(environment, 'PAYMENTS');
  // The same rate: consumers would process the backlog of a faster warm-up during the measurement.
  await openLoop({ perSecond, seconds: RUNNING_WARM_UP_S }, checkouts, url);
  const result = await openLoop({ perSecond, seconds }, checkouts, url);
  print(line(`everything running, ${perSecond}/s`, result));
  const report = await auditOfRun(environment);
  print(`the audit of this run:\n${auditTable(report)}`);
  return worstStatus(report) === 'ok' && result.failed === 0;
}

async function measure(stack: IsolatedStack): Promise<boolean> {
  const at = addresses(stack.environment, { journalFolder: '' });
  const databaseUrl = String(at.PAYMENTS_DATABASE_URL);
  const auditorUrl = String(at.AUDITOR_PAYMENTS_URL);
  const client = new pg.Client({ connectionString: auditorUrl });
  // The stack stops PostgreSQL before this process ends, so a lost connection is no failure.
  client.on('error', () => undefined);
  await client.connect();
  const checkouts = await checkoutsOfManyUsers(stack.environment);
  const results: Record<Contestant, LoadResult[]> = { payments: [], bare: [] };
  let statements = 0;
  for (let round = 1; round <= rounds; round += 1) {
    for (const contestant of ['bare', 'payments'] as const) {
      await stack.with(contestant, async () => {
        await closedLoop(WARM_UP, checkouts, stack.paymentsUrl);
        const before = await transactionsSoFar(client);
        const result = await closedLoop(
          { clients: CLIENTS, seconds },
          checkouts,
          stack.paymentsUrl,
        );
        if (contestant === 'payments')
          statements = ((await transactionsSoFar(client)) - before) / result.paid;
        results[contestant].push(result);
        print(line(`round ${round}, ${contestant}`, result));
      });
    }
  }
  const alone = await bareStatements({ databaseUrl, seconds, atOnce: CLIENTS });
  const [payments, bare] = [median(results.payments), median(results.bare)];
  const perSecond = Math.round(payments * OPEN_LOOP_SHARE);
  const paced = await stack.with('payments', async () => {
    await closedLoop(WARM_UP, checkouts, stack.paymentsUrl);
    return await openLoop({ perSecond, seconds }, checkouts, stack.paymentsUrl);
  });

  const refusals = await whilePspRefuses(stack, checkouts);

  print(`\n${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, shared by payments,`);
  print(`PostgreSQL, the PSP simulator and the load (${CLIENTS} at once, 1,000 users).`);
  print(`medians of ${rounds} rounds of ${seconds} s:`);
  print(`  payments                 ${payments.toFixed(0)} checkouts/s`);
  print(
    `  bare node:http           ${bare.toFixed(0)} checkouts/s; ratio ${(payments / bare).toFixed(2)}`,
  );
  print(
    `  the two statements alone ${alone.perSecond.toFixed(0)} pairs/s; ratio ${(payments / alone.perSecond).toFixed(2)}`,
  );
  print(line(`open loop, ${perSecond}/s`, paced));
  print(
    `  PSP down, circuit open   ${refusals.perSecond.toFixed(0)} refusals/s, p50 ${refusals.p50Ms} ms, p99 ${refusals.p99Ms} ms; ` +
      `the PSP received ${refusals.asked} requests (one half-open trial every 2 s)`,
  );
  print(
    `statements per checkout: ${statements.toFixed(2)}, each its own transaction (webhooks and background work included)`,
  );
  print(`PostgreSQL: ${await databaseFacts(client)}`);
  await client.end();
  return await auditIsClean(stack, auditorUrl, [...results.payments, ...results.bare, paced]);
}

/** Measures how fast payments refuses checkouts while the PSP is down. */
async function whilePspRefuses(stack: IsolatedStack, checkouts: Checkouts) {
  const faults = `http://127.0.0.1:${stack.environment.settings.THIRD_PARTIES_PORT}/_faults`;
  await fetch(faults, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ target: 'psp', kind: 'refuse' }),
  });
  try {
    return await stack.with('payments', async () => {
      const { paymentsUrl: url } = stack;
      await closedLoop(WARM_UP, checkouts, url);
      const before = await pspRequests(url);
      const { failed, ...latency } = await closedLoop(
        { clients: CLIENTS, seconds },
        checkouts,
        url,
      );
      return { ...latency, perSecond: failed / seconds, asked: (await pspRequests(url)) - before };
    });
  } finally {
    await fetch(faults, { method: 'DELETE' });
  }
}

async function pspRequests(url: string): Promise<number> {
  const samples = await readSamples(url, 'psp_requests_total');
  return samples.reduce((sum, { value }) => sum + value, 0);
}

async function auditIsClean(
  stack: IsolatedStack,
  paymentsUrl: string,
  results: LoadResult[],
): Promise<boolean> {
  // Payments finalizes the payments that a round left open.
  const findings = await stack.with('payments', async () => {
    const thirdPartiesUrl = `http://127.0.0.1:${stack.environment.settings.THIRD_PARTIES_PORT}`;
    const charges = () => readCharges(thirdPartiesUrl);
    const giveUpAtMs = performance.now() + QUIET_WITHIN_MS;
    for (;;) {
      const found = await auditPaymentsAlone({ paymentsUrl, charges, cutoff: new Date() });
      const isQuiet = found.every(({ late }) => late.length === 0);
      if (isQuiet || performance.now() > giveUpAtMs) return found;
      await sleep(1_000);
    }
  });
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  const paid = results.reduce((sum, result) => sum + result.paid, 0);
  print(
    `${paid} paid, ${failed} not; audit (I1, I2, I4, I5, I11): ${findings.length === 0 ? 'ok' : JSON.stringify(findings).slice(0, 2_000)}`,
  );
  return findings.length === 0 && failed === 0;
}

function line(name: string, result: LoadResult): string {
  const { perSecond, p50Ms, p99Ms, p999Ms, failed } = result;
  const latency = `p50 ${p50Ms} ms, p99 ${p99Ms} ms, p99.9 ${p999Ms} ms`;
  const failures = failed > 0 ? `, ${failed} failed` : '';
  return `  ${name.padEnd(24)} ${perSecond.toFixed(0)}/s, ${latency}${failures}`;
}

function median(results: LoadResult[]): number {
  const sorted = results.map(({ perSecond }) => perSecond).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

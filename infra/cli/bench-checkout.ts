import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditPaymentsAlone, readCharges } from '@effectively-once/audit/payments-alone';
import { Command } from 'commander';
import pg from 'pg';
import { addresses } from '../addresses.js';
import { bareStatements } from '../bench/bare-statements.js';
import { checkoutLoad, type LoadResult } from '../bench/checkout-load.js';
import { databaseFacts, transactionsSoFar } from '../bench/database-facts.js';
import { startIsolatedStack, type Contestant } from '../bench/isolated-stack.js';
import { onInterrupt } from '../interrupt.js';
import { wholeNumber } from './whole-number.js';

const QUIET_WITHIN_MS = 60_000;
const CONNECTIONS = 32;
/** So many until the code is compiled and connections are made; a busy machine needs longer, not fewer. */
const WARM_UP = 4_000;
const OPEN_LOOP_CONNECTIONS = 100;
/** An open loop at the limit would measure a queue that only grows. */
const OPEN_LOOP_SHARE = 0.5;

const command = new Command('bench:checkout')
  .description('checkouts per second of payments alone, against the least that could do the same')
  .option('--seconds <n>', 'per round', wholeNumber, 10)
  .option('--rounds <n>', 'of each, taking turns', wholeNumber, 3)
  .addHelpText(
    'after',
    '\nStarts PostgreSQL and the PSP simulator of its own; the load comes from this process.' +
      '\nExit code: 0 the audit of this run is clean, 1 it is not.',
  )
  .parse();
const { seconds, rounds } = command.opts<{ seconds: number; rounds: number }>();

const print = (line: string) => console.log(line);
const interrupted = new AbortController();
void onInterrupt(() => process.exit(130)).then(() => interrupted.abort(new Error('interrupted')));
const stack = await startIsolatedStack({ signal: interrupted.signal, print });
try {
  process.exitCode = (await measure()) ? 0 : 1;
} finally {
  await stack.stop();
}

async function measure(): Promise<boolean> {
  const at = addresses(stack.environment, { journalFolder: '' });
  const databaseUrl = String(at.PAYMENTS_DATABASE_URL);
  const auditorUrl = String(at.AUDITOR_PAYMENTS_URL);
  const client = new pg.Client({ connectionString: auditorUrl });
  // The server is stopped before this process ends; that is nobody's failure.
  client.on('error', () => undefined);
  await client.connect();
  const run = await checkoutLoad(stack.environment);
  const closedLoop = { seconds, connections: CONNECTIONS };
  const results: Record<Contestant, LoadResult[]> = { payments: [], bare: [] };
  let statements = 0;
  for (let round = 1; round <= rounds; round += 1) {
    for (const contestant of ['bare', 'payments'] as const) {
      await stack.with(contestant, async () => {
        await run({ connections: CONNECTIONS, checkouts: WARM_UP }, stack.paymentsUrl);
        const before = await transactionsSoFar(client);
        const result = await run(closedLoop, stack.paymentsUrl);
        if (contestant === 'payments')
          statements = ((await transactionsSoFar(client)) - before) / result.paid;
        results[contestant].push(result);
        print(line(`round ${round}, ${contestant}`, result));
      });
    }
  }
  const alone = await bareStatements({ databaseUrl, seconds, atOnce: CONNECTIONS });
  const [payments, bare] = [median(results.payments), median(results.bare)];
  const perSecond = Math.round(payments * OPEN_LOOP_SHARE);
  const openLoop = await stack.with('payments', async () => {
    const load = { seconds, connections: OPEN_LOOP_CONNECTIONS, perSecond };
    await run({ connections: CONNECTIONS, checkouts: WARM_UP }, stack.paymentsUrl);
    return await run(load, stack.paymentsUrl);
  });

  print(`\n${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, shared by payments,`);
  print(`PostgreSQL, the PSP simulator and the load (${CONNECTIONS} at once, 1,000 users).`);
  print(`medians of ${rounds} rounds of ${seconds} s:`);
  print(`  payments                 ${payments.toFixed(0)} checkouts/s`);
  print(
    `  bare node:http           ${bare.toFixed(0)} checkouts/s; ratio ${(payments / bare).toFixed(2)}`,
  );
  print(
    `  the two statements alone ${alone.perSecond.toFixed(0)} pairs/s; ratio ${(payments / alone.perSecond).toFixed(2)}`,
  );
  print(line(`open loop, ${perSecond}/s`, openLoop));
  print(
    `transactions per checkout: ${statements.toFixed(2)} (webhooks and background work included)`,
  );
  print(`PostgreSQL: ${await databaseFacts(client)}`);
  await client.end();
  return await auditIsClean(auditorUrl, [...results.payments, ...results.bare, openLoop]);
}

async function auditIsClean(paymentsUrl: string, results: LoadResult[]): Promise<boolean> {
  // Whatever a round left open is settled by payments itself.
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

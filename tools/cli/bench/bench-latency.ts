import { cpus, totalmem } from 'node:os';
import { worstStatus } from '@effectively-once/audit';
import { CONSUMERS } from '@effectively-once/contracts';
import { Command } from 'commander';
import { difference, quantileMs, readHistogram } from '../../bench/statistics/histogram.js';
import { offerPayments } from '../../bench/load/offer-payments.js';
import { readEnvironment } from '../../stack/environment.js';
import { appUrl } from '../clients/app-url.js';
import { auditTable } from '../tables/audit-table.js';
import { fromOne } from '../clients/whole-number.js';
import { auditOfRun } from './audit-of-run.js';

const METRIC = 'delivery_end_to_end_seconds';

const command = new Command('npm run bench:latency --')
  .description('Measures the time from a completed payment to each effect, on the running system.')
  .option('--rate <n>', 'payments per second (an open loop)', fromOne, 20)
  .option('--seconds <n>', 'length of the measurement', fromOne, 30)
  .addHelpText(
    'after',
    '\nExample:' +
      '\n  npm run bench:latency -- --rate 50' +
      '\n\nExit code: 0 the audit of this run is clean, 1 it is not.',
  )
  .parse();

const { rate, seconds } = command.opts<{ rate: number; seconds: number }>();
const environment = readEnvironment();
const urls = CONSUMERS.map((consumer) =>
  appUrl(environment, consumer.toUpperCase() as 'EMAIL' | 'LOYALTY' | 'SEARCH'),
);

// Warm-up: the first payments include the time to compile code and to open connections.
await offerPayments({ environment, perSecond: rate, seconds: 5 });
await auditOfRun(environment);
const before = await Promise.all(urls.map((url) => readHistogram(url, METRIC)));
const offered = await offerPayments({
  environment,
  perSecond: rate,
  seconds,
});
const report = await auditOfRun(environment);
const after = await Promise.all(urls.map((url) => readHistogram(url, METRIC)));

console.log(
  `${offered.paid} of ${offered.offered} payments paid at ${rate}/s, ` +
    `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`,
);
console.log('from completed to effect done (interpolated in the histogram of each consumer):');
CONSUMERS.forEach((consumer, index) => {
  const during = difference(after[index] ?? [], before[index] ?? []);
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((q) => `${Math.round(quantileMs(during, q))} ms`);
  console.log(`  ${consumer.padEnd(8)} p50 ${p50}, p90 ${p90}, p99 ${p99}`);
});
console.log(`\nthe audit of this run:\n${auditTable(report)}`);
process.exitCode = worstStatus(report) === 'ok' && offered.paid === offered.offered ? 0 : 1;

import { RETENTION } from '@effectively-once/contracts';
import { KEYS_KEPT_H } from '@effectively-once/payments/expired-keys';
import { Command } from 'commander';
import pg from 'pg';
import { addresses } from '../../stack/addresses.js';
import { checkoutsOfManyUsers } from '../../bench/load/checkouts.js';
import { openLoop } from '../../bench/load/open-loop.js';
import {
  idempotencyKeyBytes,
  outboxRowBytes,
  receiptMarkerBytes,
  topicRecordBytes,
  walPosition,
  type Footprint,
} from '../../bench/cost/sources/footprint.js';
import { readEnvironment } from '../../stack/environment.js';
import { waitUntilDrained } from '../../faults/wait-until-drained.js';
import { stackFolder } from '../../stack/native/stack-folder.js';
import { appUrl } from '../clients/app-url.js';
import { wholeNumber } from '../clients/whole-number.js';

const PER_SECOND = 50;
const DAY_S = 86_400;
const DAY_MS = DAY_S * 1_000;
const HOUR_S = 3_600;
const DAY_H = 24;

const command = new Command('npm run bench:sizing --')
  .description(
    'Measures the storage of a payment in each store of the running system, and sizes the stores.',
  )
  .option('--payments <n>', `payments to make first, ${PER_SECOND} per second`, wholeNumber, 3_000)
  .option('--a-day <n>', 'payments per day to size for', wholeNumber, 10_000_000)
  .addHelpText(
    'after',
    '\nPrints a Markdown table with the arithmetic of each line.' +
      '\n\nExample:\n  npm run bench:sizing -- --a-day 1000000',
  )
  .parse();
const { payments: made, aDay } = command.opts<{ payments: number; aDay: number }>();

const environment = readEnvironment();
const at = addresses(environment, { journalFolder: '' });
const auditor = new pg.Client({ connectionString: at.AUDITOR_PAYMENTS_URL });
await auditor.connect();
try {
  console.log(table(await measure()));
} finally {
  await auditor.end();
}

async function measure(): Promise<Footprint> {
  const brokers = (at.KAFKA_BROKERS ?? '').split(',');
  const before = await walPosition(auditor);
  const { paid } = await openLoop(
    { perSecond: PER_SECOND, seconds: made / PER_SECOND },
    await checkoutsOfManyUsers(environment),
    appUrl(environment, 'PAYMENTS'),
  );
  await waitUntilDrained(brokers);
  return {
    writeAheadLog: Number((await walPosition(auditor)) - before) / paid,
    receiptMarker: await receiptMarkerBytes(at.REDIS_URL ?? ''),
    outboxRow: await outboxRowBytes(auditor),
    idempotencyKey: await idempotencyKeyBytes(auditor),
    topicRecord: await topicRecordBytes(brokers, `${stackFolder().data}/kafka`),
  };
}

function table(footprint: Footprint): string {
  const { receiptMarker, outboxRow, idempotencyKey, topicRecord, writeAheadLog } = footprint;
  const millions = aDay / 1_000_000;
  const days = (ms: number) => ms / DAY_MS;
  // One day more than the retention: payments writes today's partition, and drops a partition only
  // when its last row is older than the retention.
  const outboxDays = days(RETENTION.outboxMs) + 1;
  const line = (what: string, bytes: number, factor: number, arithmetic: string) =>
    `| ${what} | ${size(bytes * factor * aDay)} | ${millions} M × ${arithmetic} × ${Math.round(bytes)} B |`;
  return [
    `| at ${millions} million payments a day | needs | because |`,
    '|---|---|---|',
    line(
      'Redis, the deduplication window',
      receiptMarker,
      days(RETENTION.dedupWindowMs),
      `${days(RETENTION.dedupWindowMs)} days`,
    ),
    line('PostgreSQL, the outbox', outboxRow, outboxDays, `${outboxDays} days`),
    line(
      'PostgreSQL, the idempotency keys',
      idempotencyKey,
      KEYS_KEPT_H / DAY_H,
      `${KEYS_KEPT_H}/${DAY_H} day`,
    ),
    topicRecord === undefined
      ? '| Kafka, `payment.completed` | measured natively only | |'
      : line(
          'Kafka, `payment.completed`, per copy',
          topicRecord,
          days(RETENTION.topicMs),
          `${days(RETENTION.topicMs)} days`,
        ),
    line(
      'write-ahead log kept by the slot in an hour without the connector',
      writeAheadLog,
      HOUR_S / DAY_S,
      '1/24 day',
    ),
  ].join('\n');
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

import {
  CONSUMERS,
  deadLetterTopic,
  PAYMENT_COMPLETED,
  redriveTopic,
} from '@effectively-once/contracts';
import { waitUntil } from '@effectively-once/testing';
import { randomFrom } from '../tools/faults/random.js';
import { consoleMetric, whileClientsPay } from './connector.js';
import { consumerUrl, metric, untilDrained } from './fault-injection.js';
import { foreignBatch, openTransaction, produceForeign } from './foreign-records.js';
import { auditOfEverything } from './system-under-test.js';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const BATCHES = process.env['LONG_SAMPLE'] ? 100 : 1_500;
const OTHERS = CONSUMERS.flatMap((consumer) => [redriveTopic(consumer), deadLetterTopic(consumer)]);

const starts = () =>
  Promise.all([
    ...CONSUMERS.map((one) => metric(consumerUrl(one), 'process_start_time_seconds')),
    consoleMetric('process_start_time_seconds'),
  ]);

it(`foreign records in payment.completed stop nothing, and I3 names each of them (SEED=${SEED})`, async () => {
  const random = randomFrom(SEED);
  const before = await starts();
  const named = await foreignRecordsNamed();
  const end = await openTransaction(PAYMENT_COMPLETED);
  let foreign = 6;
  await whileClientsPay(5, async () => {
    for (let count = 0; count < BATCHES; count += 1) {
      const isMain = random() < 0.5;
      const other = OTHERS[Math.floor(random() * OTHERS.length)] ?? '';
      const batch = foreignBatch(random);
      const stored = await produceForeign(isMain ? PAYMENT_COMPLETED : other, batch, random);
      if (isMain) foreign += stored;
    }
  });
  await end('commit');
  await untilDrained();
  await waitUntil('the console to ingest all dead letters', async () => {
    return (await consoleMetric('dead_letters_intake_lag_records')) === 0;
  });
  await expect(foreignRecordsNamed()).resolves.toBe(named + foreign);
  await expect(starts()).resolves.toEqual(before);
});

/** How many records I3 names. Every other invariant must hold. */
async function foreignRecordsNamed(): Promise<number> {
  const { invariants } = await auditOfEverything();
  const others = invariants.filter(({ id, status }) => id !== 'I3' && status !== 'ok');
  expect(others.map(({ id, violated, late }) => ({ id, violated, late }))).toEqual([]);
  const i3 = invariants.find(({ id }) => id === 'I3');
  expect(i3?.lateCount).toBe(0);
  return i3?.violatedCount ?? 0;
}

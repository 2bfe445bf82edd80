import { CONSUMERS, deadLetterTopic, redriveTopic } from '@effectively-once/contracts';
import { waitUntil } from '@effectively-once/testing';
import { foreignBatch, openTransaction, produceForeign } from './foreign-records.js';
import { consoleMetric, whileClientsPay } from './connector.js';
import { consumerUrl, metric, untilDrained } from './fault-injection.js';
import { dlqJson, operatorGet, type Letter } from './operator.js';
import { decide, pendingIds } from './pager.js';
import { randomFrom } from '../tools/faults/random.js';
import { findings } from './system-under-test.js';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const BATCHES = 60;

// Not in the main topic: there each foreign record violates I3 for the rest of the run. The
// consumers read both topics with the same code. `npm run test:long` writes into the main topic.
const TOPICS = CONSUMERS.flatMap((consumer) => [redriveTopic(consumer), deadLetterTopic(consumer)]);

const starts = () =>
  Promise.all([
    ...CONSUMERS.map((one) => metric(consumerUrl(one), 'process_start_time_seconds')),
    consoleMetric('process_start_time_seconds'),
  ]);

it(`records of any bytes stop no consumer, audit, intake or redrive (SEED=${SEED})`, async () => {
  const random = randomFrom(SEED);
  const before = await starts();
  const end = await Promise.all(TOPICS.map((topic) => openTransaction(topic)));
  await whileClientsPay(5, async () => {
    for (let count = 0; count < BATCHES; count += 1) {
      const topic = TOPICS[Math.floor(random() * TOPICS.length)] ?? '';
      await produceForeign(topic, foreignBatch(random), random);
    }
  });
  // Every other transaction is committed. The last record of its partition is the end of it.
  await Promise.all(end.map((finish, index) => finish(index % 2 === 0 ? 'commit' : 'abort')));
  await untilDrained();
  await waitUntil('the console to ingest all dead letters', async () => {
    return (await consoleMetric('dead_letters_intake_lag_records')) === 0;
  });
  await expect(findings()).resolves.toEqual([]);
  await expect(starts()).resolves.toEqual(before);

  for (const consumer of CONSUMERS) {
    const pending = await pendingIds(consumer);
    expect(pending.length).toBeGreaterThan(0);
    // Each can be shown, and each that is redriven comes back to the dead letter topic.
    for (const id of pending.slice(-10)) await operatorGet(`/api/dlq/${consumer}/${id}`);
    await decide(consumer, 'redrive', { filter: {}, max: 1_000, ratePerS: 500 });
    await waitUntil(`the redrive of ${consumer}`, async () => {
      const { items } = await operatorGet<{ items: { finishedAt: string | null }[] }>(
        '/api/dlq/actions',
      );
      return items.every(({ finishedAt }) => finishedAt !== null);
    });
  }
  await untilDrained();
  await expect(dlqJson<{ items: Letter[] }>('list', 'email')).resolves.toBeDefined();
  await waitUntil('every dead letter to be discarded', discardAll);
  await expect(findings()).resolves.toEqual([]);
  await expect(starts()).resolves.toEqual(before);
});

/** Other stories wait for dead letters of their own, and for pages about them. */
async function discardAll(): Promise<boolean> {
  const left = await Promise.all(
    CONSUMERS.map(async (consumer) => {
      const ids = await pendingIds(consumer);
      if (ids.length > 0) await decide(consumer, 'discard', { ids, reason: 'foreign' });
      return ids.length;
    }),
  );
  return (
    left.every((count) => count === 0) &&
    (await consoleMetric('dead_letters_intake_lag_records')) === 0
  );
}

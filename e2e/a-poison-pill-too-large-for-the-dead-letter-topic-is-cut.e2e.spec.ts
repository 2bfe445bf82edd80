import { randomUUID } from 'node:crypto';
import {
  BATCH_BYTES_MAX,
  CE_HEADERS,
  CONSUMERS,
  redriveTopic,
  type ConsumerName,
} from '@effectively-once/contracts';
import {
  encodeBatch,
  produceRaw,
  type RawRecord,
} from '@effectively-once/kafka/testing/raw-batch.fixture';
import { consoleMetric, whileClientsPay } from './connector.js';
import { untilDrained } from './fault-injection.js';
import { dlq, dlqJson, letterOf, type Letter } from './operator.js';
import { decide } from './pager.js';
import { at, findings } from './system-under-test.js';

const [broker = ''] = at.KAFKA_BROKERS;

type Headers = [string | Buffer, Buffer][];
const aboutPayment = (paymentId: string): Headers => [[CE_HEADERS.subject, Buffer.from(paymentId)]];

/** A poison pill whose batch has exactly the size limit of the main topic. */
function ofTheLargestSize(paymentId: string): RawRecord {
  const record = { key: Buffer.from('user'), headers: aboutPayment(paymentId) };
  const bytes = (value: Buffer) => encodeBatch({ records: [{ ...record, value }] }).length;
  const least = Buffer.alloc(1_000_000, 'x');
  return { ...record, value: Buffer.alloc(least.length + BATCH_BYTES_MAX.event - bytes(least)) };
}

/** Its header names are not UTF-8. Written again they take three times their bytes. */
function thatGrows(paymentId: string): RawRecord {
  const name = Buffer.alloc(800_000, 0xff);
  const headers: Headers = [...aboutPayment(paymentId), [name, Buffer.alloc(0)]];
  return { key: Buffer.from('user'), value: Buffer.alloc(20_000, 'x'), headers };
}

// Not into the main topic: there each foreign record violates I3 for the rest of the run. Consumers
// read both topics with the same code.
async function produce(consumer: ConsumerName, record: RawRecord): Promise<void> {
  const batch = encodeBatch({ records: [record] });
  expect(batch.length).toBeLessThanOrEqual(BATCH_BYTES_MAX.event);
  const topic = redriveTopic(consumer);
  expect(await produceRaw({ broker, topic, partition: 0, batch })).toBe(0);
}

it('poison pills too large for the dead-letter topic are cut and listed, and stop no partition', async () => {
  const pills = CONSUMERS.map((consumer) => ({
    consumer,
    large: randomUUID(),
    grows: randomUUID(),
  }));
  await whileClientsPay(5, async () => {
    for (const { consumer, large, grows } of pills) {
      await produce(consumer, ofTheLargestSize(large));
      await produce(consumer, thatGrows(grows));
    }
  });
  await untilDrained();
  for (const { consumer, large, grows } of pills) {
    const whole = await letterOf(consumer, large);
    expect(whole).toMatchObject({ state: 'pending', valueCut: null, redrivableUntil: null });
    const cut = await letterOf(consumer, grows);
    expect(cut).toMatchObject({ state: 'pending', valueCut: 20_000 });
    // Until its redrive topic deletes the original record.
    const { items } = await dlqJson<{ items: (Letter & { redrivableUntil: string })[] }>(
      'list',
      consumer,
    );
    const until = Date.parse(items.find(({ id }) => id === cut.id)?.redrivableUntil ?? '');
    expect(until - Date.now()).toBeGreaterThan(2 * 24 * 3_600_000);
    const left = await consoleMetric('dead_letters_cut_redrivable_seconds', { consumer });
    expect(left).toBeLessThanOrEqual((until - Date.now()) / 1_000 + 10);
    // It does not fit into the redrive topic either. The redrive says so, and ends.
    const redrive = await dlq('redrive', consumer, cut.id);
    expect([redrive.code, redrive.out]).toEqual([1, expect.stringContaining('too_large')]);
    await decide(consumer, 'discard', { ids: [whole.id, cut.id], reason: 'no event of ours' });
  }
  await expect(findings()).resolves.toEqual([]);
});

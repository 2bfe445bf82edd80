import { join } from 'node:path';
import { PARTITIONS } from '@effectively-once/contracts';
import { ConsumerProcess, type ConsumerSettings } from './consumer-process.js';
import { auditEffects, isClean, perSecond, USERS, type BenchRecord } from './effects.js';
import { fillTopic } from './produce.js';
import type { Part } from './part.js';

/** Each transport needs about twenty seconds for its number of records. */
const RECORDS = { stock: 1_000, stock6: 5_000, lanes: 50_000 };
const WITHIN_MS = 300_000;

const RATIO_BAR = 30;
const PER_SECOND_BAR = 1_150;

/** Measures the same work behind three transports, one after the other, on one broker. */
export async function measureRatio(part: Part): Promise<'clean' | 'not clean'> {
  const { brokers } = part;
  part.print('an effect of 20 ms, 6 partitions, 1,000 users; each consumer is its own process');
  const stock = await drain(part, 'stock Nest transport, as it comes', RECORDS.stock, {
    brokers,
    transport: 'stock',
    topic: 'bench.stock',
    groupId: 'bench.stock',
  });
  const stock6 = await drain(part, 'stock Nest transport, 6 at once', RECORDS.stock6, {
    brokers,
    transport: 'stock',
    topic: 'bench.stock-6',
    groupId: 'bench.stock-6',
    partitionsConsumedConcurrently: 6,
  });
  const lanes = await drain(part, 'lanes', RECORDS.lanes, {
    brokers,
    transport: 'lanes',
    topic: 'bench.lanes',
    consumer: 'search',
  });
  part.bar(`lanes, records/s`, lanes.rate, { atLeast: PER_SECOND_BAR });
  part.bar(`lanes against stock as it comes`, lanes.rate / stock.rate, { atLeast: RATIO_BAR });
  part.print(`  lanes against stock with 6 at once: ${(lanes.rate / stock6.rate).toFixed(1)}`);
  return [stock, stock6, lanes].every((one) => one.isClean) ? 'clean' : 'not clean';
}

async function drain(
  part: Part,
  what: string,
  count: number,
  settings: ConsumerSettings,
): Promise<{ rate: number; isClean: boolean }> {
  await fillTopic(settings, PARTITIONS, backlog(count));
  const logFile = join(part.logFolder, `${settings.topic}.log`);
  const consumer = new ConsumerProcess(settings, { logFile, signal: part.signal });
  try {
    await consumer.until(() => consumer.effects.length >= count, WITHIN_MS);
  } finally {
    // A doubled effect arrives before the consumer has left its group.
    await consumer.stop();
  }
  const { effects } = consumer;
  const audit = auditEffects(effects, new Set(Array.from({ length: count }, (_, n) => n)));
  const rate = perSecond(effects);
  const { lost, doubled, reordered } = audit;
  part.print(
    `  ${what.padEnd(34)} ${rate.toFixed(0).padStart(6)} records/s of ${count}` +
      `   lost ${lost}, doubled ${doubled}, out of order ${reordered}`,
  );
  return { rate, isClean: isClean(audit) };
}

/** The users take turns. */
const backlog = (count: number) =>
  Array.from({ length: count }, (_, n) => {
    const user = `user-${n % USERS}`;
    return { key: user, value: { user, n, at: Date.now() } satisfies BenchRecord };
  });

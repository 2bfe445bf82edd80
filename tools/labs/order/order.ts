import { addPartitions } from '@effectively-once/kafka';
import { pollUntil } from '@effectively-once/timing';
import { barChart } from '../../bench/chart/bar-chart.js';
import { scatterGrid } from '../../bench/chart/scatter-grid.js';
import { stackedCharts } from '../../bench/chart/stacked.js';
import type { Lab, LabContext, LabResult } from '../lab.js';
import { sendAllTo, withProducer } from '../../bench/delivery/produce.js';
import { settleAll } from '../process/settle-all.js';
import { LabConsumer } from '../process/records/lab-consumer.js';
import {
  judgeOrder,
  ORDER_CASES,
  orderClaims,
  orderRecords,
  orderTable,
  type OrderCase,
  type OrderOutcome,
} from './cases.js';

const FULL = { count: 5_000 };
const SMALL = { count: 240 };
const EFFECT = { effectMs: 2, jitterMs: 4 };
const POLL_MS = 200;
const DONE_WITHIN_MS = 120_000;

export const order: Lab = {
  name: 'order',
  claim:
    'Kafka keeps the order of a key only while the key stays in its partition and no record takes ' +
    'a detour: a random key, added partitions and a retry topic reorder, lanes do not.',
  failureWindow: 'two records of one user are in two partitions or topics at the same time',
  doesNotShow: [
    'How often it happens to a consumer without a backlog: the backlog makes it likely.',
    'Producers that send several requests at once without idempotence: they reorder before Kafka.',
    'Whether a reordered record does harm: a versioned write ignores it, a balance does not mind.',
    'The highest rate: an effect takes 2 to 6 ms of waiting and each record is committed.',
  ],
  minutes: 3,
  servers: ['kafka'],
  run,
};

async function run(context: LabContext): Promise<LabResult> {
  const { count } = context.isSmall ? SMALL : FULL;
  const outcomes: OrderOutcome[] = [];
  const plans = ORDER_CASES.map((one) => ({
    one,
    records: orderRecords(context.random, one, count),
  }));
  const runOne = async ({ one, records }: (typeof plans)[number]) => {
    const outcome = await runCase(context, one, records);
    context.print(`  ${one.name}: ${outcome.overtakenPer10k.toFixed(0)} per 10,000 overtaken`);
    return outcome;
  };
  // Their rates are compared, so they run one after the other. A test compares no rates.
  if (context.isSmall) outcomes.push(...(await settleAll(plans.map(runOne))));
  else for (const plan of plans) outcomes.push(await runOne(plan));
  return {
    table: orderTable(outcomes),
    figures: Object.fromEntries(
      outcomes.flatMap(({ name, overtakenPer10k, perSecond }) => [
        [`${name}: overtaken per 10,000`, overtakenPer10k],
        [`${name}: records/s`, perSecond],
      ]),
    ),
    claims: orderClaims(outcomes),
    picture: picture(outcomes, count),
  };
}

async function runCase(
  context: LabContext,
  one: OrderCase,
  records: ReturnType<typeof orderRecords>,
): Promise<OrderOutcome> {
  const { way, partitions, partitionsAdded = 0 } = one;
  const { brokers } = context;
  const consumer = await LabConsumer.prepare(context, `order ${one.name}`, {
    way,
    partitions,
    ...EFFECT,
  });
  const { topic } = consumer;
  const half = Math.floor(records.length / 2);
  try {
    if (partitionsAdded === 0) await send(brokers, topic, records);
    else {
      await send(brokers, topic, records.slice(0, half));
      await consumer.start();
      await untilEffects(consumer, Math.floor(half / 5));
      // A deploy: the consumer stops with a backlog, and its next process sees all partitions.
      await consumer.leave();
      const count = partitions + partitionsAdded;
      await addPartitions({ brokers, clientId: 'lab', topic, count });
      await send(brokers, topic, records.slice(half));
    }
    await consumer.start();
    await untilEffects(consumer, records.length);
    await consumer.leave();
    return judgeOrder(one, consumer.effects(), records.length);
  } finally {
    await consumer.kill();
  }
}

/** With a new producer, which knows the partitions of this moment. */
async function send(
  brokers: string[],
  topic: string,
  records: ReturnType<typeof orderRecords>,
): Promise<void> {
  await withProducer(brokers, async (producer) => {
    const messages = records.map(({ key, record }) => ({
      key,
      value: { ...record, at: Date.now() },
    }));
    await sendAllTo(producer, topic, messages);
  });
}

async function untilEffects(consumer: LabConsumer, count: number): Promise<void> {
  const doneOf = () => new Set(consumer.effects().map(({ n }) => n)).size;
  const isDone = async () => {
    consumer.assertRuns();
    return doneOf() >= count;
  };
  await pollUntil(isDone, {
    everyMs: POLL_MS,
    timeoutMs: DONE_WITHIN_MS,
    timeoutMessage: () => `${consumer.name}: ${doneOf()} of ${count} effects`,
  });
}

function picture(outcomes: readonly OrderOutcome[], count: number): string {
  const panel = (title: string, of: (outcome: OrderOutcome) => number) => ({
    title,
    bars: outcomes.map((outcome) => ({ label: outcome.name, value: of(outcome) })),
  });
  const bars = barChart({
    title: 'Which records are overtaken',
    subtitle: `${count} records of 20 users in each case, in a backlog`,
    panels: [
      panel('records overtaken by a later one of their user, per 10,000', (one) =>
        Math.round(one.overtakenPer10k),
      ),
      panel('records/s (an effect waits 2 to 6 ms)', ({ perSecond }) => Math.round(perSecond)),
    ],
  });
  const scatter = scatterGrid({
    title: 'Position in (→) against position out (↑)',
    subtitle: 'the records of the user with most of them out of place, in each case',
    panels: outcomes.map(({ name, positions }) => ({ title: name, points: positions })),
  });
  return stackedCharts('Which records are overtaken', [bars, scatter]);
}

import type { Connections } from '@effectively-once/audit';
import { redriveTopic, type ConsumerName } from '@effectively-once/contracts';
import { committedOffsets, endOffsets, RecordProducer } from '@effectively-once/kafka';
import type { ClientBase } from 'pg';
import { untilCaughtUp } from './catch-up.js';
import { extentSince, paymentPages } from './from-payments/payment-pages.js';
import { sendPayments, type SentPayments } from './from-payments/send-payments.js';
import { knownEffects } from './known-effects.js';
import type { ReplayReport } from './replay-offsets.js';

export interface PaymentReplayOptions {
  consumer: ConsumerName;
  since: Date;
  brokers: string[];
  /** As role auditor: it needs the right to read payments, and no other. */
  payments: Pick<ClientBase, 'query'>;
  connections: Connections;
  signal: AbortSignal;
  report: ReplayReport;
}

export interface PaymentPlan extends SentPayments {
  consumer: ConsumerName;
  /** The completed payments of the plan. */
  payments: number;
  /** Their first and last completion, in ms since 1970; undefined if there are none. */
  range: { firstMs: number; lastMs: number } | undefined;
}

const CLIENT_ID = 'replay';

/**
 * What a replay from payments' own rows would send. Changes nothing.
 * @throws EffectsUnknown, or an error of the payments database.
 */
export async function planPayments(options: PaymentReplayOptions): Promise<PaymentPlan> {
  const { consumer, payments, since } = options;
  const { count, firstMs, lastMs } = await extentSince(payments, since);
  const range = firstMs === undefined || lastMs === undefined ? undefined : { firstMs, lastMs };
  const counted = await send(range, 'payments looked up', options);
  return { ...counted, consumer, payments: count, range };
}

/**
 * Sends the events of the plan to the consumer's redrive topic, and waits until the group has
 * completed them. The consumer goes on meanwhile, and so does everything else.
 * @throws as `sendPayments` and `untilCaughtUp`
 */
export async function replayPayments(
  plan: PaymentPlan,
  options: PaymentReplayOptions & { ratePerS: number },
): Promise<SentPayments> {
  const { consumer, brokers, ratePerS, signal, report } = options;
  const kafka = { brokers, clientId: CLIENT_ID };
  const topic = redriveTopic(consumer);
  const ends = async () =>
    (await endOffsets({ ...kafka, topics: [topic] })).get(topic) ?? new Map<number, bigint>();
  const before = await ends();
  const producer = new RecordProducer(kafka);
  await producer.connect();
  let sent: SentPayments;
  try {
    const produce = { topic, producer, ratePerS };
    sent = await send(plan.range, 'payments sent', options, produce);
  } finally {
    await producer.disconnect();
  }
  const distances = [...(await ends())].map(([partition, end]) => ({
    partition,
    from: before.get(partition) ?? 0n,
    end,
  }));
  report.onStep(`sent; ${consumer} works on them`);
  await untilCaughtUp(distances, {
    committed: async () => {
      const all = await committedOffsets({ ...kafka, groupId: consumer, topics: [topic] });
      return all.get(topic) ?? new Map<number, bigint>();
    },
    onProgress: (done, total) => report.onProgress('records completed', done, total),
    signal,
  });
  return sent;
}

async function send(
  range: PaymentPlan['range'],
  what: string,
  options: PaymentReplayOptions,
  produce?: Parameters<typeof sendPayments>[0]['produce'],
): Promise<SentPayments> {
  const { payments, connections, consumer, signal, report } = options;
  return await sendPayments({
    pages: range ? paymentPages(payments, range) : [],
    readKnownEffects: knownEffects(connections, consumer),
    ...(produce ? { produce } : {}),
    onProgress: ({ sent, leftOut }) => report.onProgress(what, sent + leftOut.count),
    signal,
  });
}

import type { Connections } from '@effectively-once/audit';
import { PAYMENT_COMPLETED, type ConsumerName } from '@effectively-once/contracts';
import {
  committedOffsets,
  offsetsSince,
  readGroupState,
  readTopic,
  setOffsets,
} from '@effectively-once/kafka';
import type { AppControl } from '../stack/app-control.js';
import { untilCaughtUp } from './catch-up.js';
import { knownEffects } from './known-effects.js';
import { deadLettersWithin, type DeadLettersWithin } from './offsets/dead-letters-within.js';
import {
  expiredRecords,
  planRewind,
  ReplayRefused,
  wantedOffset,
  type Expired,
} from './offsets/plan-rewind.js';
import { rewindGroup, type Group } from './offsets/rewind-group.js';
import { summarizeRecords, type ReplaySummary } from './offsets/summarize-records.js';

export type Wanted = { since: Date } | { partition: number; offset: bigint };

export interface OffsetPlan extends ReplaySummary {
  consumer: ConsumerName;
  /** What the group never completed and the topic has deleted. */
  expired: Expired[];
  /** The topic begins after the time that was asked for, so older records are gone. */
  beginsLater: boolean;
  deadLetters: DeadLettersWithin;
}

/** What a replay tells while it runs. */
export interface ReplayReport {
  onStep: (step: string) => void;
  /** `total` is undefined while it is not known. */
  onProgress: (what: string, done: number, total?: number) => void;
}

export interface OffsetReplayOptions {
  consumer: ConsumerName;
  wanted: Wanted;
  brokers: string[];
  connections: Connections;
  signal: AbortSignal;
  report: ReplayReport;
}

const CLIENT_ID = 'replay';

/**
 * What the replay would deliver once more. Changes nothing.
 * @throws ReplayRefused, EffectsUnknown, or an error of the broker.
 */
export async function planOffsets(options: OffsetReplayOptions): Promise<OffsetPlan> {
  const { consumer, wanted, brokers, connections, report } = options;
  const kafka = { brokers, clientId: CLIENT_ID };
  const { positions } = await groupOf(kafka, consumer).state();
  const offsets =
    'since' in wanted
      ? await offsetsSince({
          ...kafka,
          topic: PAYMENT_COMPLETED,
          sinceMs: wanted.since.getTime(),
        })
      : wantedOffset(positions, wanted);
  const rewinds = planRewind(positions, offsets);
  const only = new Map(rewinds.map(({ partition, from, end }) => [partition, { from, end }]));
  const summary = await summarizeRecords(rewinds, {
    records: readTopic({ ...kafka, topic: PAYMENT_COMPLETED, only }),
    readKnownEffects: knownEffects(connections, consumer),
    onProgress: (records) => report.onProgress('records read', records),
    signal: options.signal,
  });
  const startOf = (partition: number) =>
    positions.find((position) => position.partition === partition)?.start ?? 0n;
  const beginsLater =
    'since' in wanted &&
    summary.partitions.some(
      ({ partition, from, oldestMs = 0 }) =>
        from > 0n && from === startOf(partition) && oldestMs > wanted.since.getTime(),
    );
  const deadLetters = await deadLettersWithin(connections.console, { consumer, rewinds });
  return { ...summary, consumer, expired: expiredRecords(positions), beginsLater, deadLetters };
}

/** @throws ReplayRefused if email would mail a second receipt without evidence. */
export function assertNoSecondReceipt({ consumer, wouldRepeat }: OffsetPlan): void {
  if (wouldRepeat.count === 0) return;
  throw new ReplayRefused(
    `${consumer} would mail ${wouldRepeat.count} receipts a second time: the mail provider has ` +
      'accepted them, but their deduplication markers are gone. --from-payments leaves them out. ' +
      `They are: ${wouldRepeat.ids.join(', ')}${wouldRepeat.count > wouldRepeat.ids.length ? ', …' : ''}`,
  );
}

/**
 * Sets the offsets back, and waits until the group has caught up. Stops and starts the consumer.
 * @throws as `rewindGroup` and `untilCaughtUp`
 */
export async function replayOffsets(
  plan: OffsetPlan,
  { control, ...options }: OffsetReplayOptions & { control: AppControl },
): Promise<void> {
  const { consumer, brokers, signal, report } = options;
  const kafka = { brokers, clientId: CLIENT_ID };
  const rewinds = await rewindGroup({
    consumer,
    rewinds: plan.partitions.map(({ partition, from, end }) => ({ partition, from, end })),
    control,
    group: groupOf(kafka, consumer),
    signal,
    onStep: report.onStep,
  });
  await untilCaughtUp(rewinds, {
    committed: async () => {
      const topics = [PAYMENT_COMPLETED];
      const all = await committedOffsets({ ...kafka, groupId: consumer, topics });
      return all.get(PAYMENT_COMPLETED) ?? new Map<number, bigint>();
    },
    onProgress: (done, total) => report.onProgress('records completed', done, total),
    signal,
  });
}

function groupOf(kafka: { brokers: string[]; clientId: string }, groupId: string): Group {
  return {
    state: () => readGroupState({ ...kafka, groupId, topics: [PAYMENT_COMPLETED] }),
    setOffsets: (offsets) => setOffsets({ ...kafka, groupId, topic: PAYMENT_COMPLETED, offsets }),
  };
}

import type { KafkaRecord } from '@effectively-once/kafka';
import { decodeMetadata, type OffsetMetadata } from '../recovery/offset-metadata.js';
import { SerialMode } from '../recovery/poison-pill-isolation.js';
import { aRecord } from '../testing/record.fixture.js';
import type { PartitionEvents } from './partition-events.js';
import { Partition, type PartitionGroup, type PartitionOptions } from './partition.js';
import type { RecordLane } from './record-lane.js';

type Complete = (record: KafkaRecord, lane: RecordLane) => Promise<void>;

export const noEvents: PartitionEvents = {
  parked: () => undefined,
  lagging: () => undefined,
  inFlight: () => undefined,
  paused: () => undefined,
  opened: () => undefined,
  committed: () => undefined,
  failed: () => undefined,
};

/** A partition whose records do only what `complete` says, with its commits and pauses. */
export function aPartition(
  complete: Complete,
  overrides: Partial<
    PartitionEvents &
      Pick<PartitionGroup, 'commit' | 'refetch'> &
      Pick<PartitionOptions, 'wait' | 'now' | 'serialMode'>
  > = {},
) {
  const commits: { next: bigint; metadata: OffsetMetadata }[] = [];
  const pauses: string[][] = [];
  const { commit, refetch, wait, now, serialMode, ...events } = overrides;
  const partition = new Partition({
    at: { topic: 'topic', partition: 0 },
    completer: { complete },
    group: {
      commit:
        commit ??
        (async (_, next, metadata) => {
          commits.push({ next, metadata: decodeMetadata(metadata) });
        }),
      refetch: refetch ?? (() => undefined),
      pause: () => undefined,
      resume: () => undefined,
    },
    events: { ...noEvents, paused: (_, reasons) => pauses.push([...reasons]), ...events },
    wait:
      wait ??
      (async (_, signal) => {
        await turns();
        signal.throwIfAborted();
      }),
    now: now ?? (() => 0),
    memberName: 'me',
    serialMode: serialMode ?? new SerialMode(),
  });
  return { partition, commits, pauses };
}

export const turns = () => new Promise((resolve) => setImmediate(resolve));
const user = (name: string) => Buffer.from(name);
export const records = (from: number, to: number, keyOf: (n: number) => string) =>
  Array.from({ length: to - from }, (_, index) =>
    aRecord({ offset: BigInt(from + index), key: user(keyOf(from + index)) }),
  );

export async function untilCancelled(signal: AbortSignal): Promise<void> {
  await new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

export async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; !isTrue(); turn += 1) {
    if (turn > 20_000) throw new Error('never became true');
    await turns();
  }
}

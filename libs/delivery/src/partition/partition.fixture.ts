import type { KafkaRecord } from '@effectively-once/kafka';
import { aRecord } from '../testing/record.fixture.js';
import { decodeNote, type Note } from '../recovery/offset-metadata.js';
import { Partition, type RecordLane } from './partition.js';
import { OneAtATime } from '../recovery/poison-pill-isolation.js';

type Settle = (record: KafkaRecord, lane: RecordLane) => Promise<void>;

/** A partition that works on nothing but what `settle` says, and what it committed and reported. */
export function aPartition(
  settle: Settle,
  overrides: Partial<ConstructorParameters<typeof Partition>[0]> = {},
) {
  const commits: { next: bigint; note: Note }[] = [];
  const pauses: string[][] = [];
  const partition = new Partition({
    name: 'topic/0',
    settle,
    commit: async (next, metadata) => void commits.push({ next, note: decodeNote(metadata) }),
    refetch: () => undefined,
    onPauseReasons: (reasons) => pauses.push([...reasons]),
    onParked: () => undefined,
    onLag: () => undefined,
    onHeld: () => undefined,
    onError: () => undefined,
    wait: async (_, signal) => {
      await turns();
      signal.throwIfAborted();
    },
    now: () => 0,
    memberName: 'me',
    oneAtATime: new OneAtATime(),
    ...overrides,
  });
  return { partition, commits, pauses };
}

export const turns = () => new Promise((resolve) => setImmediate(resolve));
const user = (name: string) => Buffer.from(name);
export const records = (from: number, to: number, keyOf: (n: number) => string) =>
  Array.from({ length: to - from }, (_, index) =>
    aRecord({ offset: BigInt(from + index), key: user(keyOf(from + index)) }),
  );

export async function untilCalledOff(signal: AbortSignal): Promise<void> {
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

import type { ConsumerReport, LaneState, PartitionState } from '@effectively-once/contracts';

/** A lane, and whether the offset that can be committed waits for its record. */
export interface ShownLane extends LaneState {
  holdsWatermark: boolean;
}

export function waitingTotals({ partitions }: ConsumerReport) {
  const lanes = partitions.flatMap((partition) => partition.lanes);
  const parked = lanes.filter(({ isParked }) => isParked);
  return {
    partitions: partitions.length,
    inFlight: partitions.reduce((sum, { inFlight }) => sum + inFlight, 0),
    parked: parked.length,
    waiting: parked.reduce((sum, { waitingRecords }) => sum + waitingRecords, 0),
    paused: partitions.filter(({ isPaused }) => isPaused).length,
  };
}

/**
 * Everything below the watermark is done, so the record at the watermark is the one that is not:
 * its lane keeps the committed offset where it is, while later records complete.
 */
export function lanesOf({ lanes, watermark }: PartitionState): ShownLane[] {
  return lanes
    .map((lane) => ({ ...lane, holdsWatermark: lane.offset === watermark }))
    .sort(
      (one, other) =>
        Number(other.isParked) - Number(one.isParked) ||
        Number(other.holdsWatermark) - Number(one.holdsWatermark) ||
        compare(BigInt(one.offset), BigInt(other.offset)),
    );
}

/** How many completed offsets are not committed yet; null if one of both is not known. Exact. */
export function uncommitted({ watermark, committed }: PartitionState): string | null {
  if (watermark === null || committed === null) return null;
  return String(BigInt(watermark) - BigInt(committed));
}

export const isRedrive = ({ topic }: PartitionState): boolean => topic.endsWith('.redrive');

/** Nothing to see: a redrive topic is empty almost always. */
export const isIdle = (partition: PartitionState): boolean =>
  partition.inFlight === 0 &&
  partition.lanes.length === 0 &&
  !partition.isPaused &&
  ['0', null].includes(uncommitted(partition));

/** "in 12 s", and "now" for a time that has passed: the answer is up to two seconds old. */
export function inSeconds(at: string, nowMs: number): string {
  const seconds = Math.ceil((Date.parse(at) - nowMs) / 1_000);
  return seconds > 0 ? `in ${seconds} s` : 'now';
}

const compare = (one: bigint, other: bigint) => (one < other ? -1 : one > other ? 1 : 0);

import type {
  CircuitReport,
  ConsumerName,
  ConsumerReport,
  LaneState,
  PartitionState,
} from '@effectively-once/contracts';
import { USER_ID } from '@effectively-once/contracts/user-id';
import { ATTEMPTS_MAX } from '../../backoff.js';
import type { Circuit } from '../../circuit/circuit-breaker.js';
import type { LaneView } from '../../partition/lanes.js';
import type { BufferedRecord } from '../../partition/offset-tracker.js';
import type { PartitionView } from '../../partition/partition-view.js';
import { paymentIdIn, type RecentDeliveries } from './recent-deliveries.js';

/** Of each partition, the lanes that wait longest for something come first. */
export const LANES_SHOWN_MAX = 100;

export interface ConsumerStateOptions {
  consumer: ConsumerName;
  partitions: readonly PartitionView[];
  circuits: readonly { circuit: Circuit; since: Date | undefined }[];
  traces: RecentDeliveries;
  now: Date;
}

/** What a consumer says of itself. It holds no address, no event and no text of a server. */
export function consumerReport(options: ConsumerStateOptions): ConsumerReport {
  const { consumer, partitions, circuits, traces, now } = options;
  return {
    consumer,
    at: now.toISOString(),
    partitions: partitions.map((partition) => partitionState(partition, traces)),
    circuits: circuits.map(({ circuit, since }) => circuitReport(circuit, since)),
  };
}

function circuitReport(circuit: Circuit, since: Date | undefined): CircuitReport {
  const { dependency, reading, nextProbeAtMs } = circuit;
  return {
    dependency,
    state: reading,
    since: since?.toISOString() ?? null,
    nextProbeAt: nextProbeAtMs === undefined ? null : new Date(nextProbeAtMs).toISOString(),
  };
}

function partitionState(view: PartitionView, traces: RecentDeliveries): PartitionState {
  const { at, watermark, committed, isPaused, inFlight } = view;
  return {
    topic: at.topic,
    partition: at.partition,
    watermark: watermark?.toString() ?? null,
    committed: committed?.toString() ?? null,
    isPaused,
    inFlight,
    lanes: mostInteresting(view.lanes).map((lane) => laneState(lane, view, traces)),
  };
}

/** Parked lanes first: they block their key. Then all others, the oldest first. */
function mostInteresting(lanes: PartitionView['lanes']): LaneView<BufferedRecord>[] {
  const parked: LaneView<BufferedRecord>[] = [];
  const others: LaneView<BufferedRecord>[] = [];
  for (const lane of lanes) {
    const group = lane.isParked ? parked : others;
    if (group.length < LANES_SHOWN_MAX) group.push(lane);
    if (parked.length === LANES_SHOWN_MAX) break;
  }
  return [...parked, ...others].slice(0, LANES_SHOWN_MAX);
}

function laneState(
  { key, head, isParked, waiting }: LaneView<BufferedRecord>,
  { attemptsOf }: PartitionView,
  traces: RecentDeliveries,
): LaneState {
  const { record } = head;
  const failure = traces.find(record)?.failure;
  const nextAtMs = isParked ? failure?.nextAtMs : undefined;
  return {
    key: userIdOf(key) ?? `offset ${record.offset}`,
    offset: record.offset.toString(),
    paymentId: paymentIdIn(record) ?? null,
    attempts: attemptsOf(record.offset),
    attemptsMax: ATTEMPTS_MAX,
    nextAttemptAt: nextAtMs === undefined ? null : new Date(nextAtMs).toISOString(),
    error: failure?.error ?? null,
    isParked,
    waitingRecords: waiting,
  };
}

/** A foreign record can have any key, also a mail address. Only a user id is shown. */
function userIdOf(key: string): string | undefined {
  const id = key.replace(/^key /, '');
  return id !== key && USER_ID.test(id) ? id : undefined;
}

import type { TopicPartition } from '@effectively-once/kafka';

/** Why a partition is not fetched. */
export type PauseReason = 'backlog' | 'in_flight_limit' | 'circuit_open';

/** What happens in partitions, for metrics and logs. One object receives all of it. */
export interface PartitionEvents {
  /** So many lanes wait for a backoff or a dependency. */
  parked(at: TopicPartition, lanes: number): void;
  /**
   * So many records are not complete.
   * @param sinceMs the Kafka timestamp of the oldest of them.
   */
  lagging(at: TopicPartition, records: number, sinceMs: number | undefined): void;
  /** So many records lie between the watermark and the last fetch. */
  inFlight(at: TopicPartition, records: number): void;
  /** The reasons have changed. An empty set: the partition is fetched again. */
  paused(at: TopicPartition, reasons: ReadonlySet<PauseReason>): void;
  /** Work begins at this committed offset. */
  opened(at: TopicPartition, committed: bigint): void;
  /** The broker has acknowledged the commit of this watermark. */
  committed(at: TopicPartition, watermark: bigint): void;
  /** The runtime tries again by itself, except after `leave`. */
  failed(error: unknown, what: 'complete' | 'commit' | 'take over' | 'leave'): void;
}

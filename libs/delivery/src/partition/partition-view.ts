import type { TopicPartition } from '@effectively-once/kafka';
import type { LaneView } from './lanes.js';
import type { BufferedRecord } from './offset-tracker.js';

/** A partition as others see it, at one moment. */
export interface PartitionView {
  at: TopicPartition;
  watermark: bigint | undefined;
  committed: bigint | undefined;
  isPaused: boolean;
  inFlight: number;
  lanes: Iterable<LaneView<BufferedRecord>>;
  attemptsOf: (offset: bigint) => number;
}

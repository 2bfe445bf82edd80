/**
 * What a consumer says about itself: its lanes, attempts, circuits and latest deliveries. It
 * answers this at `GET /internal/state` to callers with CONSUMER_STATE_TOKEN. The console shows it.
 * Offsets are strings, because a JavaScript number would falsify large ones. Times are ISO 8601 in
 * UTC.
 */
import type { ConsumerName } from './topics.js';

export type CircuitState = 'closed' | 'half_open' | 'open';

/** A lane holds all unfinished records of one key, in their order. */
export interface LaneState {
  key: string;
  /** The record that the lane works on. */
  offset: string;
  paymentId: string | null;
  /** Attempts so far, and how many there are before it is dead-lettered. */
  attempts: number;
  attemptsMax: number;
  nextAttemptAt: string | null;
  /** The failure's name, such as `MailboxBusy`. */
  error: string | null;
  isParked: boolean;
  waitingRecords: number;
}

export interface PartitionState {
  topic: string;
  partition: number;
  /** Everything below it is done. */
  watermark: string | null;
  committed: string | null;
  isPaused: boolean;
  inFlight: number;
  lanes: LaneState[];
}

export interface CircuitReport {
  dependency: string;
  state: CircuitState;
  since: string | null;
  nextProbeAt: string | null;
}

/** One record's way through a consumer, kept for the latest records only. */
export interface DeliveryTrace {
  paymentId: string;
  topic: string;
  partition: number;
  offset: string;
  fetchedAt: string;
  attempts: {
    startedAt: string;
    endedAt: string;
    error: string | null;
    nextAttemptAt: string | null;
  }[];
  outcome: 'applied' | 'duplicate' | 'dead_lettered' | 'in_flight';
  /** When the offset commit that covers it was acknowledged. */
  committedAt: string | null;
}

export interface ConsumerReport {
  consumer: ConsumerName;
  /** When the process answered. */
  at: string;
  partitions: PartitionState[];
  circuits: CircuitReport[];
}

import type { ConsumerName } from '@effectively-once/contracts';
import type { TopicPartition } from '@effectively-once/kafka';
import { Counter, Gauge } from 'prom-client';
import { redactedError } from '../failure.js';
import type { PartitionEvents, PauseReason } from '../partition/partition-events.js';
import { nameOf } from '../partition/partition.js';
import type { DeliveryLog } from './delivery-log.js';
import type { RecentDeliveries } from './state/recent-deliveries.js';

const lag = new Gauge({
  name: 'delivery_lag_records',
  help: 'Records of a topic partition that are not complete yet',
  labelNames: ['consumer', 'topic', 'partition'] as const,
});
const inFlight = new Gauge({
  name: 'delivery_window_records',
  help: 'Records between the watermark of a topic partition and its last fetch',
  labelNames: ['consumer', 'topic', 'partition'] as const,
});
const incompleteSinceMs = new Map<ConsumerName, ReadonlyMap<string, number>>();
// Computed at each scrape: a paused consumer completes no record and would report no new value.
new Gauge({
  name: 'delivery_lag_seconds',
  help: 'How long the oldest incomplete record has been in its topic; 0 when all are complete',
  labelNames: ['consumer'] as const,
  collect() {
    for (const [consumer, since] of incompleteSinceMs) {
      this.set({ consumer }, ageSeconds(Date.now(), Math.min(...since.values())));
    }
  },
});
const parked = new Gauge({
  name: 'delivery_parked_keys',
  help: 'Lanes that wait for a backoff or a dependency while the others continue',
  labelNames: ['consumer'] as const,
});
const paused = new Gauge({
  name: 'delivery_paused_partitions',
  help: 'Partitions not fetched because a circuit is open or their in-flight limit is reached',
  labelNames: ['consumer'] as const,
});
const inFlightLimitReached = new Counter({
  name: 'delivery_window_full_total',
  help: 'Times a partition was paused because an incomplete record filled its in-flight limit',
  labelNames: ['consumer'] as const,
});

/** Reports the partitions of one consumer as metrics, log lines and traces. */
export class PartitionMetrics implements PartitionEvents {
  private readonly parkedIn = new Map<string, number>();
  private readonly blocked = new Map<string, ReadonlySet<PauseReason>>();
  private readonly incompleteSinceMs = new Map<string, number>();

  constructor(
    private readonly consumer: ConsumerName,
    private readonly log: DeliveryLog,
    private readonly traces: Pick<RecentDeliveries, 'opened' | 'committed'>,
  ) {
    // An alert on an increase does not see a series that begins at one.
    inFlightLimitReached.inc({ consumer }, 0);
    incompleteSinceMs.set(consumer, this.incompleteSinceMs);
    this.forgetPartitions();
  }

  parked(at: TopicPartition, lanes: number): void {
    this.parkedIn.set(nameOf(at), lanes);
    const sum = [...this.parkedIn.values()].reduce((total, one) => total + one, 0);
    parked.set({ consumer: this.consumer }, sum);
  }

  lagging(at: TopicPartition, records: number, sinceMs: number | undefined): void {
    lag.set(this.labels(at), records);
    if (sinceMs === undefined) this.incompleteSinceMs.delete(nameOf(at));
    else this.incompleteSinceMs.set(nameOf(at), sinceMs);
  }

  inFlight(at: TopicPartition, records: number): void {
    inFlight.set(this.labels(at), records);
  }

  paused(at: TopicPartition, reasons: ReadonlySet<PauseReason>): void {
    const wasFull = this.blocked.get(nameOf(at))?.has('in_flight_limit') ?? false;
    if (reasons.has('in_flight_limit') && !wasFull) {
      inFlightLimitReached.inc({ consumer: this.consumer });
      this.log.warn({ ...at }, 'an incomplete record filled the in-flight limit; fetching paused');
    }
    // A backlog means that the consumer is busy. It is not blocked.
    if (reasons.has('circuit_open') || reasons.has('in_flight_limit')) {
      this.blocked.set(nameOf(at), new Set(reasons));
    } else {
      this.blocked.delete(nameOf(at));
    }
    paused.set({ consumer: this.consumer }, this.blocked.size);
  }

  opened(at: TopicPartition, committed: bigint): void {
    this.traces.opened(at, committed);
  }

  committed(at: TopicPartition, watermark: bigint): void {
    this.traces.committed(at, watermark, Date.now());
  }

  failed(error: unknown, what: Parameters<PartitionEvents['failed']>[1]): void {
    const message =
      what === 'leave'
        ? 'could not leave gracefully; some records will be redelivered'
        : `could not ${what}; trying again`;
    this.log.warn({ error: redactedError(error) }, message);
  }

  /** After a rebalance the new owners report the partitions. */
  forgetPartitions(): void {
    lag.reset();
    inFlight.reset();
    this.incompleteSinceMs.clear();
    this.parkedIn.clear();
    this.blocked.clear();
    parked.set({ consumer: this.consumer }, 0);
    paused.set({ consumer: this.consumer }, 0);
  }

  private labels({ topic, partition }: TopicPartition) {
    return { consumer: this.consumer, topic, partition: String(partition) };
  }
}

// The minimum of an empty list is Infinity, and the broker's clock can be ahead of this one.
const ageSeconds = (nowMs: number, sinceMs: number) => Math.max(0, nowMs - sinceMs) / 1_000;

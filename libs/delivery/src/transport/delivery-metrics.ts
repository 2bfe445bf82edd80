import type { ConsumerName } from '@effectively-once/contracts';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { CircuitReading } from '../circuit/circuit-breaker.js';
import type { Outcome } from '../deliver.js';
import type { FailureClass } from '../failure.js';
import type { Applied } from '../idempotency-strategy.js';
import type { TopicPartition } from '@effectively-once/kafka';
import type { PauseReason } from '../partition/partition.js';

const END_TO_END_BUCKETS_S = [
  0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5,
  10, 30, 60, 300,
];

const records = new Counter({
  name: 'delivery_records_total',
  help: 'Records settled',
  labelNames: ['consumer', 'outcome'] as const,
});
const attempts = new Counter({
  name: 'delivery_attempts_total',
  help: 'Attempts to apply an effect, by what came of them',
  labelNames: ['consumer', 'result'] as const,
});
const endToEnd = new Histogram({
  name: 'delivery_end_to_end_seconds',
  help: 'From the payment being committed to its effect being done',
  labelNames: ['consumer'] as const,
  buckets: END_TO_END_BUCKETS_S,
});
const lag = new Gauge({
  name: 'delivery_lag_records',
  help: 'Records of a topic partition that are not settled yet',
  labelNames: ['consumer', 'topic', 'partition'] as const,
});
const held = new Gauge({
  name: 'delivery_window_records',
  help: 'Records between the watermark of a topic partition and what was fetched of it last',
  labelNames: ['consumer', 'topic', 'partition'] as const,
});
const unsettledSinceMs = new Map<ConsumerName, ReadonlyMap<string, number>>();
// Asked when it is scraped: a consumer that is paused settles nothing, and would be silent otherwise.
new Gauge({
  name: 'delivery_lag_seconds',
  help: 'How long the oldest record that is not settled has been in its topic; 0 when all are',
  labelNames: ['consumer'] as const,
  collect() {
    for (const [consumer, since] of unsettledSinceMs) {
      this.set({ consumer }, ageSeconds(Date.now(), Math.min(...since.values())));
    }
  },
});
const collisions = new Counter({
  name: 'delivery_key_collisions_total',
  help: 'Same payment id with other content',
  labelNames: ['consumer'] as const,
});
const HOUR_S = 3_600;
const redeliveryAge = new Histogram({
  name: 'delivery_redelivery_age_seconds',
  help: 'Age of an event that was seen again: what the dedup window must exceed',
  labelNames: ['consumer'] as const,
  buckets: [
    1,
    60,
    HOUR_S,
    6 * HOUR_S,
    ...[1, 2, 3, 3.5, 4, 5, 6, 7].map((days) => days * 24 * HOUR_S),
  ],
});
const parked = new Gauge({
  name: 'delivery_parked_keys',
  help: 'Lanes that wait for a back-off or a dependency, the others going on',
  labelNames: ['consumer'] as const,
});
const paused = new Gauge({
  name: 'delivery_paused_partitions',
  help: 'Partitions not fetched because a circuit is open or their window is full',
  labelNames: ['consumer'] as const,
});
const windowFull = new Counter({
  name: 'delivery_window_full_total',
  help: 'Times a partition was paused because an unsettled record holds up its whole window',
  labelNames: ['consumer'] as const,
});
const circuitState = new Gauge({
  name: 'circuit_state',
  help: '0 closed, 1 half-open, 2 open',
  labelNames: ['dependency'] as const,
});
const CIRCUIT_STATES: Record<CircuitReading, number> = { closed: 0, half_open: 1, open: 2 };

/** One consumer's view of the delivery metrics. */
export class DeliveryMetrics {
  private readonly parkedIn = new Map<string, number>();
  private readonly heldUp = new Map<string, ReadonlySet<PauseReason>>();
  private readonly unsettledSinceMs = new Map<string, number>();

  constructor(private readonly consumer: ConsumerName) {
    collisions.inc({ consumer }, 0);
    windowFull.inc({ consumer }, 0);
    // An alert on an increase does not see a series that begins at one.
    redeliveryAge.zero({ consumer });
    unsettledSinceMs.set(consumer, this.unsettledSinceMs);
    this.forgetPartitions();
  }

  attempted(result: Applied | FailureClass): void {
    attempts.inc({ consumer: this.consumer, result });
  }

  collided(): void {
    collisions.inc({ consumer: this.consumer });
  }

  settled(outcome: Outcome): void {
    records.inc({ consumer: this.consumer, outcome });
  }

  reachedEffect(seconds: number): void {
    endToEnd.observe({ consumer: this.consumer }, seconds);
  }

  cameAgain(ageSeconds: number): void {
    redeliveryAge.observe({ consumer: this.consumer }, ageSeconds);
  }

  /** @param sinceMs when the oldest of them came into its topic. */
  lagging({ topic, partition }: TopicPartition, count: number, sinceMs: number | undefined): void {
    lag.set({ consumer: this.consumer, topic, partition: String(partition) }, count);
    const name = `${topic}/${partition}`;
    if (sinceMs === undefined) this.unsettledSinceMs.delete(name);
    else this.unsettledSinceMs.set(name, sinceMs);
  }

  held({ topic, partition }: TopicPartition, records: number): void {
    held.set({ consumer: this.consumer, topic, partition: String(partition) }, records);
  }

  parked(at: TopicPartition, lanes: number): void {
    this.parkedIn.set(`${at.topic}/${at.partition}`, lanes);
    const sum = [...this.parkedIn.values()].reduce((total, one) => total + one, 0);
    parked.set({ consumer: this.consumer }, sum);
  }

  /** @returns whether its window has just become full. */
  paused(at: TopicPartition, reasons: ReadonlySet<PauseReason>): boolean {
    const name = `${at.topic}/${at.partition}`;
    const wasFull = this.heldUp.get(name)?.has('window_full') ?? false;
    const hasFilled = reasons.has('window_full') && !wasFull;
    if (hasFilled) windowFull.inc({ consumer: this.consumer });
    // A backlog is a busy consumer, not one that is held up.
    if (reasons.has('circuit_open') || reasons.has('window_full')) {
      this.heldUp.set(name, new Set(reasons));
    } else {
      this.heldUp.delete(name);
    }
    paused.set({ consumer: this.consumer }, this.heldUp.size);
    return hasFilled;
  }

  circuit(dependency: string, reading: CircuitReading): void {
    circuitState.set({ dependency }, CIRCUIT_STATES[reading]);
  }

  /** Partitions that went to another member are that member's to report. */
  forgetPartitions(): void {
    lag.reset();
    held.reset();
    this.unsettledSinceMs.clear();
    this.parkedIn.clear();
    this.heldUp.clear();
    parked.set({ consumer: this.consumer }, 0);
    paused.set({ consumer: this.consumer }, 0);
  }
}

// The minimum of nothing is Infinity; the broker's clock may be ahead of this one.
const ageSeconds = (nowMs: number, sinceMs: number) => Math.max(0, nowMs - sinceMs) / 1_000;

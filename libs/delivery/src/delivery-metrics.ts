import type { ConsumerName } from '@effectively-once/contracts';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Outcome } from './deliver.js';
import type { FailureClass } from './failure.js';
import type { Applied } from './idempotency-strategy.js';

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
const collisions = new Counter({
  name: 'delivery_key_collisions_total',
  help: 'Same payment id with other content',
  labelNames: ['consumer'] as const,
});

/** One consumer's view of the delivery metrics. */
export class DeliveryMetrics {
  constructor(private readonly consumer: ConsumerName) {
    collisions.inc({ consumer }, 0);
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

  lagging(topic: string, partition: number, count: number): void {
    lag.set({ consumer: this.consumer, topic, partition: String(partition) }, count);
  }

  /** Partitions that went to another member are that member's to report. */
  forgetLags(): void {
    lag.reset();
  }
}
